/** @file A case's question, asked of one model once: what it writes, and how likely the bad span and its correction are to it. */
import type { TraceQuery, WeightedTokens } from "#contracts/attribution.ts";
import type { FailureCode } from "#contracts/calls.ts";
import { AppError } from "#contracts/errors.ts";
import type { Reaction } from "#contracts/experiments.ts";
import type { DecodingConstraint, GeneratedPrompt, GeneratedTokens } from "#contracts/trainer.ts";
import { decisionOf } from "#core/evaluation/decision.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import type { CaseBody, CaseRecord } from "#store/cases.ts";
import { answerText } from "../answerTokens.ts";
import { judgeAnswer } from "../cases/caseQuestion.ts";
import { listCheckpoints } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import { modelDirOf, readModelFolder, runDirOf, type ModelFolder } from "../models.ts";
import { caseQuestion } from "../tracing/caseQuestion.ts";

/** What a case keeps, with what was generated. */
export type AskedBody = CaseBody & { readonly tokens: GeneratedTokens };

/** A case with all that asking it takes. */
export interface OpenedCase {
  readonly record: CaseRecord;
  readonly body: AskedBody;
  /** The checkpoint that was wrong. */
  readonly model: ModelFolder;
  /** Tokens of prompt and answer together. */
  readonly window: number;
}

/** @throws E_NOT_FOUND, E_EXPERIMENT_INVALID where its checkpoint is not kept any more */
export async function openCase(core: Core, caseId: string): Promise<OpenedCase> {
  const { store, paths } = core;
  const record = store.cases.get(caseId);
  const { runId, checkpointStep } = record;
  let dir: string;
  if (runId === null) dir = modelDirOf(paths, record.model);
  else {
    const kept = listCheckpoints(runDirOf(paths, runId));
    const checkpoint = checkpointStep === null ? kept.at(-1) : kept.find(({ step }) => step === checkpointStep);
    if (checkpoint === undefined) throw invalid(`checkpoint ${checkpointStep ?? ""} of ${runId}, which was wrong, is not kept any more`);
    dir = checkpoint.dir;
  }
  const model = await readModelFolder(dir);
  return { record, body: store.cases.body(caseId), model, window: windowOf(core, record, model) };
}

export const invalid = (detail: string): AppError => new AppError("E_EXPERIMENT_INVALID", { detail });

/** As an evaluation of the run has it. */
function windowOf({ store }: Core, { runId }: CaseRecord, { config }: ModelFolder): number {
  const { maxPositionEmbeddings } = config;
  return runId === null ? maxPositionEmbeddings : Math.min(maxPositionEmbeddings, store.runs.get(runId).config.maxLength);
}

/** How a question differs from the one that was asked. */
export interface Variation {
  readonly label: string;
  /** Absent: the model of the case. */
  readonly model?: ModelFolder;
  /** Absent: as the case has them. */
  readonly body?: AskedBody;
  /** False: the bad output would not be the same text under this question. */
  readonly hasSpans?: boolean;
  readonly constraint?: DecodingConstraint;
}

export const AS_IT_WAS: Variation = { label: "as it was" };

/** @throws E_EXPERIMENT_INVALID where the question does not fit the window; E_CANCELLED */
export async function askCase(core: Core, opened: OpenedCase, variation: Variation, signal: AbortSignal): Promise<Reaction> {
  const { model = opened.model, body = opened.body } = variation;
  const { tokenizer } = model;
  const { inputIds, error } = questionOf(opened, { model, body });
  const { temperature, topP, seed, maxNewTokens } = body.decoder;
  const { results } = await core.trainers.generate({
    modelDir: model.dir,
    prompts: [inputIds],
    sampling: { temperature, topP, seed, maxNewTokens },
    stopTokenIds: [tokenizer.special.eos],
    ...(variation.constraint === undefined ? {} : { constraint: variation.constraint }),
    signal,
  });
  // another tokenizer cuts the same text into other tokens
  const hasSpans = variation.hasSpans !== false && tokenizer.vocabSize === opened.model.tokenizer.vocabSize;
  const logProbOf = (text: WeightedTokens | null) => (hasSpans && text !== null ? meanLogProb(core, model, text, signal) : null);
  const [badLogProb, rightLogProb] = [await logProbOf(error.bad), await logProbOf(error.correct)];
  return reactionOf(core, opened, { label: variation.label, model, body, answer: results[0]!, badLogProb, rightLogProb });
}

interface AskedQuestion {
  readonly inputIds: Int32Array;
  /** The bad output and its correction behind it, weighted where they differ. */
  readonly error: TraceQuery;
}

/** @throws E_EXPERIMENT_INVALID where the prompt does not fit the window */
export function questionOf(
  { record, window }: OpenedCase,
  { model, body }: { readonly model: ModelFolder; readonly body: AskedBody },
): AskedQuestion {
  try {
    const { promptIds, query } = caseQuestion(body, model, Math.min(window, model.config.maxPositionEmbeddings));
    return { inputIds: promptIds, error: query };
  } catch (thrown) {
    if (AppError.from(thrown).code !== "E_EXAMPLE_TOO_LONG") throw thrown;
    throw invalid(`the question of ${record.id} does not fit the window of ${window} tokens`);
  }
}

/** Mean natural log-probability of the weighted tokens, each given all in front of it. */
async function meanLogProb(
  core: Core,
  model: ModelFolder,
  { inputIds, lossWeights }: WeightedTokens,
  signal: AbortSignal,
): Promise<number | null> {
  const places = [...lossWeights.keys()].filter((t) => lossWeights[t]! > 0);
  if (places.length === 0) return null;
  const questions = places.map((t) => ({ inputIds: inputIds.slice(0, t), tokenId: inputIds[t]! }));
  const scores = await core.trainers.score({ modelDir: model.dir, questions, signal });
  return scores.reduce((sum, { logProb }) => sum + logProb, 0) / scores.length;
}

interface Answered {
  readonly label: string;
  readonly model: ModelFolder;
  readonly body: CaseBody;
  readonly answer: Pick<GeneratedPrompt, "tokenIds" | "stopReason">;
  readonly badLogProb: number | null;
  readonly rightLogProb: number | null;
}

export function reactionOf(
  core: Core,
  { record }: OpenedCase,
  { label, model, body, answer, badLogProb, rightLogProb }: Answered,
): Reaction {
  const text = answerText(answer.tokenIds, model.tokenizer);
  const wasCutOff = answer.stopReason !== "stopToken";
  const { code } = judgeAnswer(body, text, { knownTools: core.store.contents.toolNames(), wasCutOff });
  return {
    label,
    text,
    decision: decisionOf(parseAssistantText(text), text) ?? "none",
    code,
    isSame: text === body.text || isSameError(record, { code, text }),
    badLogProb,
    rightLogProb,
  };
}

/** The same code, about the same words. */
function isSameError(record: CaseRecord, { code, text }: { readonly code: FailureCode | null; readonly text: string }): boolean {
  return code !== null && code === record.code && (record.spanText === "" || text.includes(record.spanText));
}

/** Not wrong in this way any more. Another wrong word of the same kind is no cure; where no rule objected, the same words are the error. */
export function isFixed({ code: wrong }: CaseRecord, { code, isSame }: Reaction): boolean {
  return wrong === null ? code === null && !isSame : code !== wrong;
}
