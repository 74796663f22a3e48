/** @file Trains the sample run, again without what its failures are traced to and without random examples; prints a `CounterfactualMeasured`. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { showsPlantedFault } from "#core/evaluation/plantedFaults.ts";
import { faultCondition, sliceMetadata } from "#core/evaluation/slices.ts";
import { shuffledIndices } from "#core/trajectories/seededRandom.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { makeCases } from "#services/cases/makeCases.ts";
import { openCore, type Core } from "#services/core.ts";
import { startEvaluation } from "#services/evaluateRun.ts";
import { openCase } from "#services/experiments/askCase.ts";
import { beatsRandom, patchCase } from "#services/experiments/patch.ts";
import { retrainForCases, type RetrainedCase } from "#services/experiments/retrain.ts";
import { corePlaces } from "#services/places.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { startRun } from "#services/startRun.ts";
import { startTracing } from "#services/tracing/startTracing.ts";
import { silentHandle } from "./silentHandle.ts";

export interface CounterfactualMeasured {
  readonly numCases: number;
  readonly numTrained: number;
  readonly numLeftOut: number;
  readonly fixedShare: number;
  readonly randomShare: number;
  readonly signAgreement: number;
  readonly beatsRandomShare: number;
  readonly recall: number;
  readonly precision: number;
  readonly patchSeconds: readonly number[];
  readonly retrainSeconds: readonly number[];
  readonly faults: readonly {
    readonly fault: string;
    readonly numCases: number;
    readonly fixedShare: number;
    readonly randomShare: number;
  }[];
}

interface Truth {
  readonly planted: readonly { readonly id: string; readonly class: string; readonly regime: string; readonly tool: string }[];
  readonly heldOutConditions: readonly { readonly id: string; readonly class: string; readonly regime: string; readonly tool: string }[];
}

const [sets = "trace", numPatches = "24", kept = ""] = process.argv.slice(2);
const root = resolve(import.meta.dirname, "../../..");
const truth = JSON.parse(readFileSync(join(root, "datasets/sample/truth.json"), "utf8")) as Truth;
const workspaceDir = kept === "" ? mkdtempSync(join(tmpdir(), "callsmith-bench-")) : resolve(kept);
const note = (line: string): void => void process.stderr.write(`${line}\n`);

const handle = silentHandle(note);

async function done(core: Core, jobId: string): Promise<void> {
  const job = await core.jobs.ended(jobId);
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
}

interface Followed {
  readonly id: string;
  readonly fault: string;
  /** Trajectories that are held to be the cause. */
  readonly traced: readonly string[];
  readonly planted: ReadonlySet<string>;
}

async function trainedRun(core: Core): Promise<string> {
  const known = core.store.runs.list().findLast(({ state, config }) => state === "done" && config.dataVersion === null);
  if (known !== undefined) return known.id;
  note("training");
  const { runId, jobId } = await startRun(core, { preset: "sample" });
  await done(core, jobId);
  return runId;
}

/** Failures that show the fault of their condition, as cases. */
async function followed(core: Core, runId: string): Promise<readonly Followed[]> {
  const { store } = core;
  if (store.failures.ids(runId).length === 0) await done(core, startEvaluation(core, { runId, suite: "heldout", maxPrompts: null }).id);
  const idOf = (metadata: TrajectoryContent["metadata"]): string => {
    const { fields } = metadata as unknown as { readonly fields?: { readonly metadata?: { readonly id?: string } } };
    return fields?.metadata?.id ?? "";
  };
  const trajectoryOf = new Map([...store.trajectories.each("train")].map(({ trajectory }) => [idOf(trajectory.metadata), trajectory.id]));
  const conditionOf = new Map(truth.heldOutConditions.map((one) => [one.id, one]));
  const shown: { readonly failureId: string; readonly fault: string; readonly planted: ReadonlySet<string> }[] = [];
  for (const failureId of store.failures.ids(runId)) {
    const { contentId, turnIndex, predicted } = store.failures.get(failureId);
    const { content } = store.contents.read(contentId);
    const condition = faultCondition(sliceMetadata(content.metadata));
    const reference = content.turns[turnIndex] as AssistantTurn;
    if (!showsPlantedFault(condition, parseAssistantText(predicted), reference, content.tools)) continue;
    const met = conditionOf.get(idOf(content.metadata));
    if (met === undefined) continue;
    const rows = truth.planted.filter((row) => row.class === met.class && row.regime === met.regime && row.tool === met.tool);
    shown.push({ failureId, fault: condition!, planted: new Set(rows.map(({ id }) => trajectoryOf.get(id)!)) });
  }
  const ids = shown.map(({ failureId }) => failureId);
  const { made, known } = await makeCases(core, { failures: { ids }, author: "bench", note: "" });
  const caseIds = ids.map((id) => store.cases.ofFailure(id)!);
  note(`${made.length + known.length} failures show planted faults`);
  if (sets === "trace") {
    const untraced = caseIds.filter((id) => store.traces.get(id) === null);
    if (untraced.length > 0) {
      note(`tracing ${untraced.length}`);
      await done(core, startTracing(core, { caseIds: untraced, author: "bench" }).id);
    }
  }
  return shown.map(({ fault, planted }, i) => {
    const id = caseIds[i]!;
    return { id, fault, planted, traced: sets === "trace" ? firstTraced(core, id, planted.size) : [...planted] };
  });
}

/** Trajectories of the first examples of a trace, in the fused order: as many as were planted. */
function firstTraced(core: Core, caseId: string, count: number): readonly string[] {
  const examples = core.store.traces.get(caseId)?.groups.flatMap((group) => group.examples) ?? [];
  const ids = examples.toSorted((a, b) => a.rank - b.rank).flatMap(({ trajectories }) => trajectories.map(({ id }) => id));
  return [...new Set(ids)].slice(0, count);
}

const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  all.length === 0 ? 0 : all.filter(holds).length / all.length;
const seconds = (since: number): number => (performance.now() - since) / 1000;
/** How much likelier the bad span became. */
const changeOf = ({ before, after }: Pick<RetrainedCase, "before" | "after">): number => after.badLogProb! - before.badLogProb!;

/** Every so many of them, so that all faults have their share. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}

const core = openCore({ workspaceDir, ...corePlaces(root, import.meta.filename) });
try {
  await prepareSampleWorkspace(core)?.ended;
  const runId = await trainedRun(core);
  const cases = await followed(core, runId);
  const traced = cases.filter((one) => one.traced.length > 0);
  if (traced.length === 0) throw new Error("no failure shows a planted fault, or none was traced to anything");
  const ids = cases.map(({ id }) => id);
  const leftOut = [...new Set(traced.flatMap((one) => one.traced))].sort();
  const trained = [...core.store.runPoints.trainedOn(runId)].sort();
  const random = [...shuffledIndices(trained.length, 1)].slice(0, leftOut.length).map((i) => trained[i]!);

  const retrainSeconds: number[] = [];
  const retrainedWithout = async (trajectories: readonly string[]) => {
    const since = performance.now();
    const begun =
      core.store.runs.list().find(({ config }) => JSON.stringify(config.withoutTrajectories) === JSON.stringify(trajectories))?.id ?? null;
    note(`retraining without ${trajectories.length} trajectories`);
    const { cases: asked } = await retrainForCases(core, ids, { handle, runId, trajectories, change: "without", maxSteps: null, begun });
    retrainSeconds.push(seconds(since));
    return asked;
  };
  const without = await retrainedWithout(leftOut);
  const withoutRandom = await retrainedWithout(random);

  const patchSeconds: number[] = [];
  const agreements: boolean[] = [];
  const beaten: boolean[] = [];
  for (const { id, traced: trajectories } of spread(traced, Number(numPatches))) {
    const since = performance.now();
    const opened = await openCase(core, id);
    const patched = await patchCase(core, opened, { handle, trajectories, numSteps: 1 });
    patchSeconds.push(seconds(since));
    beaten.push(beatsRandom(patched));
    agreements.push(Math.sign(changeOf(patched)) === Math.sign(changeOf(without.get(id)!)));
    note(
      `${id}: patch ${changeOf(patched).toFixed(3)}, random ${patched.randomChanges.map((x) => x.toFixed(3)).join(" ")}; ` +
        `retrained ${changeOf(without.get(id)!).toFixed(3)}, without random ${changeOf(withoutRandom.get(id)!).toFixed(3)}`,
    );
  }
  const faults = [...new Set(cases.map(({ fault }) => fault))].sort().map((fault) => {
    const own = cases.filter((one) => one.fault === fault);
    return {
      fault,
      numCases: own.length,
      fixedShare: shareOf(own, ({ id }) => without.get(id)!.isFixed),
      randomShare: shareOf(own, ({ id }) => withoutRandom.get(id)!.isFixed),
    };
  });
  const allPlanted = new Set(cases.flatMap(({ planted }) => [...planted]));
  const measured: CounterfactualMeasured = {
    numCases: cases.length,
    numTrained: trained.length,
    numLeftOut: leftOut.length,
    fixedShare: shareOf(traced, ({ id }) => without.get(id)!.isFixed),
    randomShare: shareOf(cases, ({ id }) => withoutRandom.get(id)!.isFixed),
    signAgreement: shareOf(agreements, Boolean),
    beatsRandomShare: shareOf(beaten, Boolean),
    recall: shareOf([...allPlanted], (id) => leftOut.includes(id)),
    precision: shareOf(leftOut, (id) => allPlanted.has(id)),
    patchSeconds,
    retrainSeconds,
    faults,
  };
  process.stdout.write(JSON.stringify(measured));
} finally {
  await core.close();
  if (kept === "") rmSync(workspaceDir, { recursive: true, force: true });
}
