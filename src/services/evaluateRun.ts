/**
 * @file Evaluation of a run: one of its checkpoints answers every target turn of the held-out trajectories, greedily, and each answer is
 * judged against the recorded turn.
 *
 * A prompt is built by the rules of training and cut to the window the run was trained with, less room for the answer. Predictions are
 * written chunk by chunk; an evaluation that is cancelled stays unfinished and is not shown. Two phases follow: the right tokens that were
 * not among the likeliest ones told are looked up (`rankRightTokens.ts`), and once the evaluation is written, the cases of other runs are
 * asked again (`cases/askCasesAgain.ts`).
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";
import type { CasesAskedAgain, EvaluationSummary } from "#contracts/procedures/evaluations.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { AssistantTurn, Split, TrajectoryContent, TrajectoryId } from "#contracts/trajectory.ts";
import { evaluateCalls, noDecisions, type JudgedPrompt } from "#core/evaluation/evaluateCalls.ts";
import { diagnose } from "#core/evaluation/firstWrongToken.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { showsPlantedFault } from "#core/evaluation/plantedFaults.ts";
import { faultCondition, sliceMetadata } from "#core/evaluation/slices.ts";
import { wilson } from "#core/evaluation/wilson.ts";
import { randomIntegers } from "#core/model/random.ts";
import { targetTurns } from "#core/tokenizer/buildExample.ts";
import { buildPrompt } from "#core/tokenizer/buildPrompt.ts";
import { renderTurn } from "#core/tokenizer/chatTemplate.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { titleOf } from "#core/trajectories/summary.ts";
import type { EvaluationRecord, NewPrediction } from "#store/evaluations.ts";
import type { NewFailure } from "#store/failures.ts";
import { answerText } from "./answerTokens.ts";
import { askCasesAgain } from "./cases/askCasesAgain.ts";
import { listCheckpoints, type CheckpointFolder } from "./checkpoints.ts";
import type { Core } from "./core.ts";
import type { JobHandle, StartedJob } from "./jobs.ts";
import { readModelFolder, runDirOf, type ModelFolder } from "./models.ts";
import { rankRightTokens, unrankedToken, type UnrankedToken } from "./rankRightTokens.ts";

export interface EvaluationRequest {
  readonly runId: string;
  /** `heldout`, `validation`, `test` or `train`. */
  readonly suite: string;
  readonly maxPrompts: number | null;
  /** Null or absent: the last one. */
  readonly checkpointStep?: number | null;
}

const SUITES: Readonly<Record<string, readonly Split[]>> = {
  heldout: ["validation", "test"],
  validation: ["validation"],
  test: ["test"],
  train: ["train"],
};

/** Prompts generated in one request: large enough to keep the engine's rows full, small enough to save and show progress often. */
const CHUNK = 64;
export const SEED = 1;
/** Likeliest tokens kept of each place of a failure. */
const NUM_ALTERNATIVES = 5;
const TURN_MS = 12;
/** An answer may be a quarter longer than the longest reference, within these bounds. */
const MIN_ANSWER_TOKENS = 32;
const MAX_ANSWER_TOKENS = 512;

/** @throws E_NOT_FOUND, E_RUN_NO_CHECKPOINT, E_CONFIG_INVALID for an unknown suite */
export function startEvaluation(core: Core, request: EvaluationRequest, restartOf?: string): StartedJob {
  const { runId, suite, maxPrompts, checkpointStep = null } = request;
  const run = core.store.runs.get(runId);
  if (SUITES[suite] === undefined) {
    throw new AppError("E_CONFIG_INVALID", { detail: `suite: there is no "${suite}", only ${Object.keys(SUITES).join(", ")}` });
  }
  const checkpoints = listCheckpoints(runDirOf(core.paths, run.id));
  if (checkpoints.length === 0) throw new AppError("E_RUN_NO_CHECKPOINT", { run: run.id });
  const checkpoint = checkpointStep === null ? checkpoints.at(-1) : checkpoints.find(({ step }) => step === checkpointStep);
  if (checkpoint === undefined) throw new AppError("E_NOT_FOUND", { what: "checkpoint", id: `${run.id}, step ${checkpointStep}` });
  const spec = {
    kind: "evaluate",
    title: checkpointStep === null ? `Evaluate ${run.id}` : `Evaluate ${run.id}, step ${checkpointStep}`,
    unit: "prompts",
    phase: "choosing prompts",
    subject: run.id,
    resumeHint: `Evaluate ${run.id} again.`,
    params: { runId: run.id, suite, maxPrompts, checkpointStep },
    ...(restartOf === undefined ? {} : { restartOf }),
  } as const;
  return core.jobs.start(spec, (handle) => evaluate(core, { handle, request: { ...request, runId: run.id }, checkpoint }));
}

/** Lets an interrupted, failed or cancelled evaluation be started again by its job's id. */
export function registerEvaluateRestart(core: Core): void {
  core.jobs.onRestart("evaluate", (job, params) => {
    const maxPrompts = typeof params["maxPrompts"] === "number" ? params["maxPrompts"] : null;
    const checkpointStep = typeof params["checkpointStep"] === "number" ? params["checkpointStep"] : null;
    startEvaluation(core, { runId: String(params["runId"]), suite: String(params["suite"]), maxPrompts, checkpointStep }, job.id);
  });
}

/** Newest first. */
export function listEvaluations(core: Core, runId?: string): readonly EvaluationSummary[] {
  const askedAgain = core.store.cases.askedAgain();
  return core.store.evaluations.list(runId).map((record) => summaryOf(record, askedAgain.get(record.id) ?? {}));
}

function summaryOf(
  { id, runId, checkpointStep, suite, createdAt, measures }: EvaluationRecord,
  { verified = [], regressed = [], stillFailing = [], unjudged = [] }: Partial<CasesAskedAgain>,
): EvaluationSummary {
  const cases = { verified, regressed, stillFailing, unjudged };
  const none = wilson(0, 0);
  const rates = { exactCallRate: none, malformedRate: none, decisionRate: none, slices: [], faultConditions: [], byCode: {} };
  const uncounted = { decisions: noDecisions(), outcomes: { called: none, abstained: none, malformed: none } };
  const counted = { calls: 0, prompts: 0, numRefused: 0, seconds: 0, ...rates, ...uncounted, ...measures };
  // evaluations of earlier versions have the exact calls of a slice alone
  const slices = counted.slices.map((slice) => ({
    ...slice,
    decisionRate: slice.decisionRate ?? none,
    malformedRate: slice.malformedRate ?? none,
  }));
  return { id, runId, checkpointStep, suite, createdAt, finished: measures !== null, ...counted, slices, cases };
}

interface Evaluation {
  readonly handle: JobHandle;
  readonly request: EvaluationRequest;
  readonly checkpoint: CheckpointFolder;
}

/** A turn to be predicted. */
interface Question {
  readonly trajectoryId: TrajectoryId;
  readonly contentId: number;
  readonly turnIndex: number;
}

async function evaluate(core: Core, { handle, request, checkpoint }: Evaluation): Promise<{ readonly evaluation: string }> {
  const { store, jobs, trainers } = core;
  const { runId, suite } = request;
  const model = await readModelFolder(checkpoint.dir);
  const { questions, longestReference } = await chooseQuestions(core, handle, request, model.tokenizer);
  const window = Math.min(model.config.maxPositionEmbeddings, store.runs.get(runId).config.maxLength);
  const maxNewTokens = answerRoom(longestReference, window);
  const knownTools = store.contents.toolNames();
  const evaluationId = store.evaluations.create(runId, checkpoint.step, suite);
  const judged: JudgedPrompt[] = [];
  const failures: NewFailure[] = [];
  const unranked: UnrankedToken[] = [];
  let numRefused = 0;
  let seconds = 0;
  handle.report({ phase: "loading the model", done: 0, total: questions.length });

  for (let start = 0; start < questions.length; start += CHUNK) {
    const asked = buildPrompts(core, questions.slice(start, start + CHUNK), model, window - maxNewTokens);
    numRefused += Math.min(CHUNK, questions.length - start) - asked.length;
    if (asked.length === 0) continue;
    let numDone = start;
    const { results, seconds: chunkSeconds } = await trainers.generate({
      modelDir: checkpoint.dir,
      prompts: asked.map(({ inputIds }) => inputIds),
      sampling: { temperature: 0, topP: 1, seed: SEED, maxNewTokens, numAlternatives: NUM_ALTERNATIVES },
      stopTokenIds: [model.tokenizer.special.eos],
      onResults: (finished) => handle.report({ phase: "generating", done: (numDone += finished.length) }),
      signal: handle.signal,
    });
    seconds += chunkSeconds;
    const predictions: NewPrediction[] = [];
    for (const { promptIndex, stopReason, ...tokens } of results) {
      const { tokenIds, logProbs } = tokens;
      const { question, content, inputIds } = asked[promptIndex]!;
      const { turnIndex } = question;
      const text = answerText(tokenIds, model.tokenizer);
      const judgement = judgePrediction(text, content, turnIndex, { knownTools, wasCutOff: stopReason !== "stopToken" });
      const { codes, comparison } = judgement;
      const position = start + asked[promptIndex]!.place;
      const meanLogProb = logProbs.length === 0 ? 0 : logProbs.reduce((sum, logProb) => sum + logProb, 0) / logProbs.length;
      const measures = { numTokens: tokenIds.length, meanLogProb, stopReason, maxNewTokens };
      const { exact, structural } = comparison;
      predictions.push({
        ...question,
        position,
        text,
        exact,
        structural,
        code: codes[0] ?? null,
        measures,
        tokens: keptTokens(tokens, codes),
      });
      const metadata = sliceMetadata(content.metadata);
      const reference = content.turns[turnIndex] as AssistantTurn;
      const isShown = showsPlantedFault(faultCondition(metadata), judgement.output, reference, content.tools);
      judged.push({ judgement, metadata, showsPlantedFault: isShown });
      if (codes[0] !== undefined) {
        const expected = renderTurn(reference);
        const findings = comparison.findings;
        const diagnosis = diagnose({ text, output: judgement.output, tokens, findings, tools: content.tools, reference }, model.tokenizer);
        unranked.push(...unrankedToken(failures.length, diagnosis, inputIds, tokenIds));
        failures.push({
          ...question,
          position,
          code: codes[0],
          secondary: codes.slice(1),
          title: questionOf(content, turnIndex),
          predicted: text,
          expected,
          diagnosis,
        });
      }
    }
    store.evaluations.addPredictions(evaluationId, predictions);
    handle.report({ done: start + Math.min(CHUNK, questions.length - start) });
  }
  const ranked = await rankRightTokens(core, { handle, modelDir: checkpoint.dir, failures, unranked });
  const measures = { ...evaluateCalls(judged), numRefused, seconds };
  store.transaction(() => {
    store.failures.replace(evaluationId, ranked);
    store.evaluations.finish(evaluationId, measures);
  });
  jobs.news.rowsChanged("evaluations");
  jobs.news.rowsChanged("failures");
  await askCasesAgain(core, { handle, evaluationId, runId, checkpoint, model, window });
  handle.report({ phase: "done", unit: "prompts", done: questions.length, total: questions.length });
  return { evaluation: evaluationId };
}

/** What else was likely is kept of failures alone: it is five sixths of the bytes. */
function keptTokens(tokens: GeneratedTokens, codes: readonly string[]): GeneratedTokens {
  return codes.length > 0 ? tokens : { ...tokens, alternativeIds: new Int32Array(), alternativeLogProbs: new Float32Array() };
}

function answerRoom(longestReference: number, window: number): number {
  const wanted = Math.ceil(longestReference * 1.25) + 8;
  return Math.min(Math.max(wanted, MIN_ANSWER_TOKENS), MAX_ANSWER_TOKENS, Math.floor(window / 2));
}

/** Every target turn of the suite, or a seeded choice of them; with the length of the longest reference in tokens. */
async function chooseQuestions(
  core: Core,
  handle: JobHandle,
  { suite, maxPrompts }: EvaluationRequest,
  tokenizer: Tokenizer,
): Promise<{ readonly questions: readonly Question[]; readonly longestReference: number }> {
  let last = performance.now();
  for (const split of SUITES[suite]!) {
    const questions: Question[] = [];
    let longestReference = 0;
    for (const { trajectory, contentId } of core.store.trajectories.each(split)) {
      for (const turnIndex of targetTurns(trajectory, "allAssistantTurns")) {
        questions.push({ trajectoryId: trajectory.id, contentId, turnIndex });
        longestReference = Math.max(longestReference, tokenizer.encode(renderTurn(trajectory.turns[turnIndex]!)).length + 1);
      }
      if (performance.now() - last < TURN_MS) continue;
      handle.report({ done: questions.length });
      await nextTurn();
      handle.signal.throwIfAborted();
      last = performance.now();
    }
    if (questions.length > 0) return { questions: choose(questions, maxPrompts), longestReference };
  }
  return { questions: [], longestReference: 0 };
}

/** A seeded choice that keeps the order. Selection sampling, Knuth vol. 2, 3.4.2 algorithm S. */
function choose<T>(all: readonly T[], limit: number | null): readonly T[] {
  if (limit === null || all.length <= limit) return all;
  const next = randomIntegers(SEED);
  const chosen: T[] = [];
  all.forEach((each, i) => {
    if (next() / 2 ** 32 < (limit - chosen.length) / (all.length - i)) chosen.push(each);
  });
  return chosen;
}

interface AskedQuestion {
  readonly question: Question;
  readonly content: TrajectoryContent;
  readonly inputIds: Int32Array;
  /** In the chunk. */
  readonly place: number;
}

/** Prompts of a chunk; those that do not fit the window are left out. */
function buildPrompts(core: Core, questions: readonly Question[], { tokenizer }: ModelFolder, maxLength: number): AskedQuestion[] {
  return questions.flatMap((question, place) => {
    const { content } = core.store.contents.read(question.contentId);
    const neededTools = (content.turns[question.turnIndex] as AssistantTurn).calls.map((call) => call.name);
    try {
      const { inputIds } = buildPrompt(content, question.turnIndex, tokenizer, { maxLength, neededTools });
      return [{ question, content, inputIds, place }];
    } catch (error) {
      if (error instanceof AppError && error.code === "E_EXAMPLE_TOO_LONG") return [];
      throw error;
    }
  });
}

/** What a list calls a failure: the user turn that the reference answers. */
export function questionOf(content: Pick<TrajectoryContent, "turns">, turnIndex: number): string {
  const asked = content.turns.slice(0, turnIndex).findLast((turn) => turn.role === "user");
  return titleOf({ tools: [], metadata: {}, turns: asked === undefined ? [] : [asked] });
}
