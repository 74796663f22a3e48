/**
 * @file An experiment as a job. It is written down before it begins and after it has ended; one that a closed or killed core cut off says so, and goes
 * on when its job is resumed, a retraining from its last checkpoint.
 */
import { AppError } from "#contracts/errors.ts";
import type { Experiment, ExperimentResult, ExperimentSpec, ExperimentVerdict, Reaction } from "#contracts/experiments.ts";
import type { Core } from "../core.ts";
import type { JobHandle } from "../jobs.ts";
import { openCase, type OpenedCase } from "./askCase.ts";
import { beatsRandom, patchCase, positionsOf } from "./patch.ts";
import { compareHeldOut, retrainConfig, retrainForCases } from "./retrain.ts";
import { smallestSet } from "./smallestSet.ts";
import { askCheckpoints, decodeConstrained, judgeOtherwise, varyTools } from "./varyQuestion.ts";

export interface NewExperimentRequest {
  readonly caseId: string;
  readonly spec: ExperimentSpec;
  readonly hypothesisId: string | null;
  readonly author: string;
}

/** In words, for jobs and events. */
export const EXPERIMENT_TITLES: Readonly<Record<ExperimentSpec["kind"], string>> = {
  patch: "Patch against examples",
  retrain: "Retrain",
  smallestSet: "Find the smallest set of examples",
  tools: "Vary the tools",
  checkpoints: "Ask every checkpoint",
  checker: "Judge by other rules",
  constrained: "Decode constrained",
};

/** @throws E_NOT_FOUND, E_EXPERIMENT_INVALID */
export async function startExperiment(core: Core, { caseId, spec, hypothesisId, author }: NewExperimentRequest): Promise<Experiment> {
  // what can be wrong with it is said at once
  const opened = await openCase(core, caseId);
  const { record } = opened;
  if ("trajectories" in spec) positionsOf(core, opened, spec.trajectories);
  if (spec.kind === "retrain") retrainConfig(core, { ...spec, runId: record.runId! });
  const id = core.store.experiments.add({
    caseId: record.id,
    hypothesisId,
    spec,
    author,
    startedAt: new Date().toISOString(),
  });
  startJob(core, id);
  return core.store.experiments.get(id);
}

function startJob(core: Core, id: string, restartOf?: string): void {
  const { experiments } = core.store;
  const { caseId, spec } = experiments.get(id);
  const job = core.jobs.start(
    {
      kind: "experiment",
      title: `${EXPERIMENT_TITLES[spec.kind]}, ${caseId}`,
      unit: "parts",
      subject: caseId,
      resumeHint: "Resume it: a run that it trains goes on from its last checkpoint, everything else begins anew.",
      params: { experimentId: id },
      ...(restartOf === undefined ? {} : { restartOf }),
    },
    (handle) => runExperiment(core, id, handle),
  );
  experiments.update(id, { state: "running", jobId: job.id, error: null });
  core.jobs.news.rowsChanged("cases");
}

/** Lets an interrupted, failed or cancelled experiment go on by its job's id. */
export function registerExperimentRestart(core: Core): void {
  core.jobs.onRestart("experiment", (job, params) => startJob(core, String(params["experimentId"]), job.id));
}

/** Those that a core which is gone has left: nobody is at them any more. */
export function endAbandonedExperiments({ store }: Core): void {
  for (const { id } of store.experiments.running()) store.experiments.update(id, { state: "failed", error: interrupted(id) });
}

function inWords({ message, fix }: AppError): string {
  return `${message} ${fix}`;
}

const interrupted = (id: string): string => inWords(new AppError("E_EXPERIMENT_INTERRUPTED", { experiment: id }));

async function runExperiment(core: Core, id: string, handle: JobHandle): Promise<{ readonly experiment: string }> {
  const { experiments, cases } = core.store;
  const { caseId, spec, author, runId } = experiments.get(id);
  const since = performance.now();
  try {
    const opened = await openCase(core, caseId);
    const onRun = (run: string): void => experiments.update(id, { runId: run });
    const found = await resultOf(core, opened, spec, { handle, begun: runId, onRun });
    const result: ExperimentResult = { ...NOTHING_ELSE, ...found, seconds: (performance.now() - since) / 1000 };
    core.store.transaction(() => {
      experiments.update(id, { state: "done", result, verdict: verdictOf(spec, result) });
      cases.addEvent(caseId, { kind: "note", at: new Date().toISOString(), author, ...eventOf(spec, result) });
    });
    return { experiment: id };
  } catch (thrown) {
    const error = AppError.from(thrown);
    const wasStopped = error.code === "E_CANCELLED" || handle.signal.aborted;
    if (core.isClosing()) experiments.update(id, { state: "failed", error: interrupted(id) });
    else if (wasStopped) experiments.update(id, { state: "cancelled", error: null });
    else experiments.update(id, { state: "failed", error: inWords(error) });
    throw error;
  } finally {
    core.jobs.news.rowsChanged("cases");
  }
}

const NOTHING_ELSE = { isFixed: null, randomChanges: [], heldOut: null, runId: null, smallestSet: null } as const;

interface Going {
  readonly handle: JobHandle;
  readonly begun: string | null;
  readonly onRun: (runId: string) => void;
}

type Found = Pick<ExperimentResult, "reactions"> & Partial<ExperimentResult>;

async function resultOf(core: Core, opened: OpenedCase, spec: ExperimentSpec, { handle, begun, onRun }: Going): Promise<Found> {
  switch (spec.kind) {
    case "patch": {
      const patched = await patchCase(core, opened, { handle, ...spec });
      const { before, after, randomChanges, isFixed } = patched;
      return { reactions: [before, after], randomChanges, isFixed };
    }
    case "retrain": {
      const { record } = opened;
      const retraining = { ...spec, handle, runId: record.runId ?? "", begun, onRun };
      const { runId, cases } = await retrainForCases(core, [record.id], retraining);
      const { before, after, isFixed } = cases.get(record.id)!;
      const was = { runId: record.runId!, checkpointStep: record.checkpointStep };
      return { reactions: [before, after], isFixed, runId, heldOut: await compareHeldOut(core, handle, was, runId) };
    }
    case "smallestSet": {
      const { reactions, trajectories } = await smallestSet(core, opened, { handle, trajectories: spec.trajectories });
      return { reactions, smallestSet: trajectories, isFixed: trajectories !== null };
    }
    case "tools":
      return { reactions: await varyTools(core, opened, handle) };
    case "checkpoints":
      return { reactions: await askCheckpoints(core, opened, handle) };
    case "checker":
      return { reactions: await judgeOtherwise(core, opened, handle) };
    case "constrained":
      return { reactions: await decodeConstrained(core, opened, handle) };
  }
}

/**
 * What a result says of the hypothesis that it was made for. Of a patch: it supports only where the bad span lost more than by any random one, and
 * contradicts only where it lost nothing. Of everything else: it supports where some reaction is not wrong any more.
 */
function verdictOf(spec: ExperimentSpec, { reactions, randomChanges, isFixed }: ExperimentResult): ExperimentVerdict {
  const [before, ...others] = reactions;
  if (spec.kind === "patch") {
    const after = others[0]!;
    if (beatsRandom({ before: before!, after, randomChanges })) return "supports";
    return (after.badLogProb ?? 0) >= (before!.badLogProb ?? 0) ? "contradicts" : "unclear";
  }
  if (isFixed !== null) return isFixed ? "supports" : "contradicts";
  if (before?.code === null) return "unclear";
  return others.some(({ code }) => code === null) ? "supports" : "contradicts";
}

/** What the case keeps of it among its events. */
function eventOf(spec: ExperimentSpec, { reactions, isFixed, runId, smallestSet: set }: ExperimentResult) {
  const last = reactions.at(-1);
  const right = reactions.slice(1).filter(({ code }: Reaction) => code === null);
  const outcome =
    isFixed === null
      ? `${right.length} of ${reactions.length - 1} answers were right${right.length === 0 ? "" : ` (${right.map(({ label }) => label).join(", ")})`}`
      : isFixed
        ? "the output is not wrong in this way any more"
        : "the output is still wrong in this way";
  const asked = "trajectories" in spec ? ` over ${spec.trajectories.length} trajectories` : "";
  return {
    text: `${EXPERIMENT_TITLES[spec.kind]}${asked}: ${outcome}.`,
    trajectories: set ?? ("trajectories" in spec ? spec.trajectories : []),
    ...(runId === null ? {} : { runId }),
    ...(last === undefined ? {} : { output: last.text, code: last.code }),
  };
}
