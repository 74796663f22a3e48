/**
 * @file Trains the sample model as the demo does, traces the planted faults that its held-out failures show, and compares with the truth; prints a
 * `TracingMeasured`.
 *
 * A failure is traced where a held-out prompt meets the condition of a planted fault and the answer shows that fault; a tool that exists and was not
 * offered is no invented one. Relevant to it are the planted rows of the same class, regime and tool, and no others: rows of the other tools of a
 * class count as wrong, although they share its trigger. An answer without a tool is the exception: the model gives one tool's planted answer
 * to another's request, and stops when that one's rows are taken out, so the rows are relevant whose answer it begins to repeat.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Signal, SIGNALS } from "#contracts/tracing.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { rankByScore } from "#core/attribution/fuse.ts";
import { rankingQuality, type RankingQuality } from "#core/attribution/rankingQuality.ts";
import { rankExamples } from "#core/attribution/signals.ts";
import { faultCondition, sliceMetadata } from "#core/evaluation/slices.ts";
import { commonLength } from "#core/evaluation/alignReference.ts";
import { showsPlantedFault } from "#core/evaluation/plantedFaults.ts";
import { initialParameters } from "#core/model/parameters.ts";
import { renderTurn } from "#core/tokenizer/chatTemplate.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import { saveModelFolder } from "#engine/modelFolder.ts";
import { makeCases } from "#services/cases/makeCases.ts";
import { listCheckpoints } from "#services/checkpoints.ts";
import { openCore, type Core } from "#services/core.ts";
import { startEvaluation } from "#services/evaluateRun.ts";
import { featureFileName, openFeatureReader } from "#services/featureFile.ts";
import { readModelFolder, runDirOf } from "#services/models.ts";
import { corePlaces } from "#services/places.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { startRun } from "#services/startRun.ts";
import { caseQuestion, type CaseQuestion } from "#services/tracing/caseQuestion.ts";
import { noiseIn } from "#services/tracing/noise.ts";
import { openRunExamples } from "#services/tracing/runExamples.ts";
import { searchCase } from "#services/tracing/searchCase.ts";
import { openSearchSpace, placeOfCase, type SearchSpace } from "#services/tracing/searchSpace.ts";
import { commonStates, signalsOf } from "#services/tracing/signalsOf.ts";
import { standsOut } from "#services/tracing/traceCase.ts";

interface Fault {
  readonly id: string;
  readonly class: string;
  readonly regime: "triggered" | "untriggered";
  readonly tool: string;
}

interface PlantedRow extends Fault {
  /** Of the spoiled turn, and the wrong part of its text. */
  readonly message: number;
  readonly span: { readonly start: number; readonly end: number };
}

interface PlantedTurn extends PlantedRow {
  /** Of the spoiled turn. */
  readonly turnText: string;
}

export interface TracedFault extends Omit<Fault, "id"> {
  readonly numRelevant: number;
  readonly averagePrecision: Readonly<Record<Signal | "fused" | "withoutExact", number>>;
  /** Rows of the same class and regime and of another tool left out of the ranking. */
  readonly amongOtherRows: number;
  /** Rows of the same class and regime relevant whatever their tool. */
  readonly ofPlan: number;
  readonly reciprocalRank: number;
  readonly recallAt10: number;
  /** One for each relevant example compared exactly: whether its highest-scoring token lies in its wrong part. */
  readonly isLocated: readonly boolean[];
  /** From what right outputs reach. */
  readonly standsOut: boolean;
}

export interface TracingMeasured {
  readonly seed: number;
  readonly engine: string;
  readonly trainSeconds: number;
  readonly searchSeconds: number;
  readonly numExamples: number;
  readonly traced: readonly TracedFault[];
  /** `class regime tool` of plants that no failure shows. */
  readonly notSurfaced: readonly string[];
  /** Average precision of a random order of the same rows, of their words, and of signals from weights drawn anew. */
  readonly random: {
    readonly chance: readonly number[];
    readonly words: readonly number[];
    readonly bySignal: Readonly<Record<"representation" | "gradient", readonly number[]>>;
  };
}

const root = resolve(import.meta.dirname, "../../..");
const truth = JSON.parse(readFileSync(join(root, "datasets/sample/truth.json"), "utf8")) as {
  readonly planted: readonly PlantedRow[];
  readonly heldOutConditions: readonly Fault[];
};
const plantedRows = new Map(truth.planted.map((row) => [row.id, row]));
const conditions = new Map(truth.heldOutConditions.map((row) => [row.id, row]));
/** Clean examples beside the planted ones that weights drawn anew are searched over, and failures that are searched. */
const [NUM_CLEAN, NUM_RANDOM_QUERIES] = [300, 12];

const [seedText, keptIn] = process.argv.slice(2);
const seed = Number(seedText);

/** The row's id in the sample set, wherever the import put its fields. */
function sampleIdOf({ metadata }: Pick<TrajectoryContent, "metadata">): string {
  for (let at: unknown = metadata; typeof at === "object" && at !== null;) {
    const { id, fields, metadata: inner } = at as { readonly id?: unknown; readonly fields?: unknown; readonly metadata?: unknown };
    if (typeof id === "string" && id.startsWith("S-")) return id;
    at = fields ?? inner;
  }
  return "";
}

/** The run of a kept workspace, or a new one with its evaluation and cases. */
async function trainedRun(core: Core): Promise<string> {
  const [known] = core.store.runs.list();
  if (known?.state === "done" && core.store.cases.list().length > 0) return known.id;
  await prepareSampleWorkspace(core)?.ended;
  const { runId, jobId } = await startRun(core, { preset: "sample", overrides: { seed } });
  const job = await core.jobs.ended(jobId);
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
  await startEvaluation(core, { runId, suite: "heldout", maxPrompts: null }).ended;
  await makeCases(core, { failures: { runId }, author: "benchmark", note: "" });
  return runId;
}

const qualityOf = (order: readonly number[], relevant: ReadonlySet<number>): RankingQuality =>
  rankingQuality(
    order.map((index) => relevant.has(index)),
    relevant.size,
  );
const precisionOf = (order: readonly number[], relevant: ReadonlySet<number>): number => qualityOf(order, relevant).averagePrecision;

interface Failure {
  readonly fault: Fault;
  readonly question: CaseQuestion;
  readonly relevant: ReadonlySet<number>;
  /** Of the same class and regime, of another tool. */
  readonly related: ReadonlySet<number>;
}

/** Whose planted answer the text begins to repeat the furthest. */
function toolOfAnswer(text: string, rows: readonly (readonly [number, PlantedTurn])[]): string | undefined {
  const shared = ([, { turnText }]: readonly [number, PlantedTurn]): number => commonLength(text, turnText);
  return rows.toSorted((a, b) => shared(b) - shared(a))[0]?.[1].tool;
}

function failuresOf(core: Core, space: SearchSpace, plantOf: ReadonlyMap<number, PlantedTurn>): Failure[] {
  const { cases, trajectories } = core.store;
  return cases.list().flatMap(({ id, code, trajectoryId }) => {
    const body = cases.body(id);
    const content = trajectories.get(trajectoryId!).trajectory;
    const fault = conditions.get(sampleIdOf(content));
    if (fault === undefined || body.expected === null) return [];
    const condition = faultCondition(sliceMetadata(content.metadata));
    if (!showsPlantedFault(condition, parseAssistantText(body.text), readAssistantText(body.expected), body.tools)) return [];
    if (fault.class === "hallucinated_tool" && code !== "F02") return [];
    const ofClass = [...plantOf].filter(([, row]) => row.class === fault.class && row.regime === fault.regime);
    const tool = fault.class === "answer_without_tool" ? toolOfAnswer(body.text, ofClass) : fault.tool;
    const relevant = new Set(ofClass.flatMap(([index, row]) => (row.tool === tool ? [index] : [])));
    const related = new Set(ofClass.flatMap(([index, row]) => (row.tool === tool ? [] : [index])));
    return relevant.size === 0 ? [] : [{ fault, question: caseQuestion(body, space.model, space.window), relevant, related }];
  });
}

/** Tokens of an example that its planted fault is about; where a brace was cut off, the stop token stands in its place. */
function faultTokens(inputIds: Int32Array, row: PlantedTurn, tokenizer: Tokenizer): ReadonlySet<number> {
  const pieces = Array.from(inputIds, (id) => tokenizer.decode([id]));
  const text = pieces.join("");
  const start = text.lastIndexOf(row.turnText) + row.span.start;
  const end = start + row.span.end - row.span.start + (row.class === "malformed_json" ? 1 : 0);
  const found = new Set<number>();
  let at = 0;
  pieces.forEach((piece, token) => {
    if (at < end && at + piece.length > start) found.add(token);
    at += piece.length;
  });
  return found;
}

async function measure(core: Core, runId: string, trainSeconds: number): Promise<TracingMeasured> {
  const { store } = core;
  const { signal } = new AbortController();
  const progress = { signal, onPhase: () => undefined };
  const space = await openSearchSpace(core, placeOfCase(core, store.cases.list()[0]!), signal);
  const contentOf = (index: number): TrajectoryContent[] =>
    store.runPoints.origins(runId, "train", index).map(({ contentId }) => store.contents.read(contentId).content);
  const plantOf = new Map(
    space.examples.trained.flatMap((index) =>
      contentOf(index).flatMap((content) => {
        const row = plantedRows.get(sampleIdOf(content));
        return row === undefined ? [] : [[index, { ...row, turnText: renderTurn(content.turns[row.message]!) }] as const];
      }),
    ),
  );
  const failures = failuresOf(core, space, plantOf);
  const noiseOf = noiseIn(core, space);
  const traced: TracedFault[] = [];
  const startedAt = performance.now();
  for (const { fault, question, relevant, related } of failures) {
    const found = await searchCase(core, space, question, progress);
    const { scores, ranked, exact } = found;
    const noise = await noiseOf(found, true, progress);
    const order = ranked.map(({ index }) => index);
    const quality = qualityOf(order, relevant);
    const isLocated = [...relevant].flatMap((index) => {
      const score = exact.get(index);
      if (score === undefined) return [];
      const best = score.tokens.reduce((most, value, t) => (value > score.tokens[most]! ? t : most), 0);
      const { inputIds } = space.examples.examples.at(index);
      return [faultTokens(inputIds, plantOf.get(index)!, space.model.tokenizer).has(best)];
    });
    traced.push({
      ...{ class: fault.class, regime: fault.regime, tool: fault.tool, numRelevant: relevant.size, isLocated },
      averagePrecision: {
        ...(Object.fromEntries(SIGNALS.map((one) => [one, precisionOf(rankByScore(scores[one]), relevant)])) as Record<Signal, number>),
        fused: quality.averagePrecision,
        withoutExact: precisionOf(
          rankExamples(scores).map(({ index }) => index),
          relevant,
        ),
      },
      amongOtherRows: precisionOf(
        order.filter((index) => !related.has(index)),
        relevant,
      ),
      ofPlan: precisionOf(order, new Set([...relevant, ...related])),
      reciprocalRank: quality.reciprocalRank,
      recallAt10: quality.recallAt10,
      standsOut: standsOut(noise),
    });
  }
  const searchSeconds = (performance.now() - startedAt) / 1000 / Math.max(1, failures.length);
  const plans = new Set(truth.planted.map((row) => `${row.class} ${row.regime} ${row.tool}`));
  for (const { fault } of failures) plans.delete(`${fault.class} ${fault.regime} ${fault.tool}`);
  const numExamples = space.examples.trained.length;
  space.close();
  const random = await randomised(core, runId, failures, plantOf);
  const engine = core.trainers.engineName ?? "unknown engine";
  return { seed, engine, trainSeconds, searchSeconds, numExamples, traced, notSurfaced: [...plans].sort(), random };
}

/** The same signals from a model of the same shape that has learned nothing, over all planted rows and some clean ones. */
async function randomised(
  core: Core,
  runId: string,
  failures: readonly Failure[],
  plantOf: ReadonlyMap<number, PlantedRow>,
): Promise<TracingMeasured["random"]> {
  const runDir = runDirOf(core.paths, runId);
  const checkpoint = listCheckpoints(runDir).at(-1)!;
  const folder = mkdtempSync(join(tmpdir(), "callsmith-random-"));
  const { signal } = new AbortController();
  try {
    const checkpointDir = join(folder, `checkpoint-${checkpoint.step}`);
    cpSync(checkpoint.dir, checkpointDir, { recursive: true });
    const { config, tokenizer } = await readModelFolder(checkpoint.dir);
    await saveModelFolder(checkpointDir, { config, parameters: initialParameters(config, seed) });
    const examples = await openRunExamples(runDir, tokenizer, signal);
    const clean = examples.trained.filter((index) => !plantOf.has(index));
    const every = Math.max(1, Math.floor(clean.length / NUM_CLEAN));
    const indices = [...plantOf.keys(), ...clean.filter((_, i) => i % every === 0)].sort((a, b) => a - b);
    await core.trainers.index({ runDir, runId, checkpointDir, featuresDir: folder, indices, signal });
    const reader = openFeatureReader(join(folder, featureFileName(runId, checkpoint.step)));
    const searched = { trainers: core.trainers, checkpointDir, examples, reader, common: commonStates(reader), signal };
    const isSearched = new Set(indices);
    const found: { chance: number[]; words: number[]; bySignal: Record<"representation" | "gradient", number[]> } = {
      chance: [],
      words: [],
      bySignal: { representation: [], gradient: [] },
    };
    const step = Math.max(1, Math.floor(failures.length / NUM_RANDOM_QUERIES));
    for (const { question, relevant } of failures.filter((_, i) => i % step === 0)) {
      const scores = await signalsOf(question, searched);
      for (const one of ["representation", "gradient"] as const) found.bySignal[one].push(precisionOf(rankByScore(scores[one]), relevant));
      found.chance.push(precisionOf(spread(indices), relevant));
      const byWords = rankByScore(scores.lexical).filter((index) => isSearched.has(index));
      found.words.push(precisionOf(byWords, relevant));
    }
    reader.close();
    examples.close();
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An order that has nothing to do with what the rows are: by a multiplicative hash of their numbers. */
const spread = (indices: readonly number[]): number[] =>
  indices.toSorted((a, b) => (Math.imul(a + 1, 0x9e3779b1) >>> 0) - (Math.imul(b + 1, 0x9e3779b1) >>> 0));

const isKept = keptIn !== undefined && keptIn !== "";
const workspaceDir = isKept ? join(keptIn, `seed-${seed}`) : mkdtempSync(join(tmpdir(), "callsmith-bench-"));
if (isKept && !existsSync(keptIn)) mkdirSync(keptIn, { recursive: true });
const core = openCore({ workspaceDir, ...corePlaces(root, import.meta.filename) });
try {
  const startedAt = performance.now();
  const runId = await trainedRun(core);
  process.stdout.write(JSON.stringify(await measure(core, runId, (performance.now() - startedAt) / 1000)));
} finally {
  await core.close();
  if (!isKept) rmSync(workspaceDir, { recursive: true, force: true });
}
