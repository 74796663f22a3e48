/**
 * @file Patches: the model of a case, pushed away from some of its training examples by a step, in seconds where a retraining takes the time of a
 * run. A patch of the traced examples is worth what it does beyond patches of random ones.
 */
import type { Reaction } from "#contracts/experiments.ts";
import type { PatchedMessage } from "#contracts/trainer.ts";
import { mixSeeds, shuffledIndices } from "#core/trajectories/seededRandom.ts";
import type { Core } from "../core.ts";
import type { JobHandle } from "../jobs.ts";
import { runDirOf } from "../models.ts";
import { invalid, isFixed, questionOf, reactionOf, type OpenedCase } from "./askCase.ts";

/** Random sets that a patch is compared with. */
const NUM_DRAWS = 5;

export interface Patched {
  readonly before: Reaction;
  readonly after: Reaction;
  /** Of random sets of as many examples: the change of the bad span's log-probability. */
  readonly randomChanges: readonly number[];
  readonly isFixed: boolean;
}

export interface PatchOfCase {
  readonly handle: JobHandle;
  readonly trajectories: readonly string[];
  readonly numSteps: number;
}

/** @throws E_EXPERIMENT_INVALID where the run has none of these examples; E_CANCELLED */
export async function patchCase(core: Core, opened: OpenedCase, { handle, trajectories, numSteps }: PatchOfCase): Promise<Patched> {
  const indices = positionsOf(core, opened, trajectories);
  const draws = randomSets(core, opened, indices, NUM_DRAWS);
  const sets = [[], indices, ...draws];
  handle.report({ phase: "patching", unit: "patches", done: 0, total: sets.length });
  const patched = await patchSets(core, opened, { handle, sets, numSteps, isScaledByFirst: false });
  const [before, after] = [reactionTo(core, opened, "as it was", patched[0]!), reactionTo(core, opened, labelOf(numSteps), patched[1]!)];
  const randomChanges = patched.slice(2).map(({ logProbs }) => logProbs[0]! - patched[0]!.logProbs[0]!);
  return { before, after, randomChanges, isFixed: isFixed(opened.record, after) };
}

const labelOf = (numSteps: number): string => (numSteps === 1 ? "after a step against them" : `after ${numSteps} steps against them`);

/** The bad span became less likely than by any of the random patches. */
export const beatsRandom = ({ before, after, randomChanges }: Omit<Patched, "isFixed">): boolean =>
  before.badLogProb !== null && after.badLogProb !== null && after.badLogProb - before.badLogProb < Math.min(0, ...randomChanges);

function trainedRun({ record }: OpenedCase): string {
  if (record.runId === null) throw invalid(`${record.id} is of a model that no run trained`);
  return record.runId;
}

/** @throws E_EXPERIMENT_INVALID */
export function positionsOf(core: Core, opened: OpenedCase, trajectories: readonly string[]): readonly number[] {
  const runId = trainedRun(opened);
  const positions = core.store.runPoints.trainPositions(runId, trajectories);
  if (positions.length === 0) throw invalid(`${runId} was trained on none of ${trajectories.slice(0, 5).join(", ")}`);
  return positions;
}

/** Of as many of the run's other examples, drawn by the run's seed. */
function randomSets(core: Core, opened: OpenedCase, indices: readonly number[], numDraws: number): readonly (readonly number[])[] {
  const { config, plan } = core.store.runs.get(trainedRun(opened));
  const own = new Set(indices);
  const others = Array.from({ length: plan?.numExamples ?? 0 }, (_, i) => i).filter((i) => !own.has(i));
  const size = Math.min(indices.length, others.length);
  if (size === 0) return [];
  return Array.from({ length: numDraws }, (_, draw) =>
    [...shuffledIndices(others.length, mixSeeds(config.seed, draw))].slice(0, size).map((place) => others[place]!),
  );
}

export interface PatchSets {
  readonly handle: JobHandle;
  readonly sets: readonly (readonly number[])[];
  readonly numSteps: number;
  readonly isScaledByFirst: boolean;
}

/** @throws E_EXPERIMENT_INVALID where the question does not fit the window; E_CANCELLED */
export async function patchSets(core: Core, opened: OpenedCase, { handle, ...sets }: PatchSets): Promise<readonly PatchedMessage[]> {
  const { body, model } = opened;
  const runId = trainedRun(opened);
  const { inputIds, error } = questionOf(opened, { model, body });
  const { temperature, topP, seed, maxNewTokens } = body.decoder;
  const { config } = core.store.runs.get(runId);
  let done = 0;
  return core.trainers.patch({
    ...sets,
    runDir: runDirOf(core.paths, runId),
    checkpointDir: model.dir,
    learningRate: config.learningRate,
    texts: error.correct === null ? [error.bad] : [error.bad, error.correct],
    question: { inputIds, sampling: { temperature, topP, seed, maxNewTokens }, stopTokenIds: [model.tokenizer.special.eos] },
    onPatched: () => handle.report({ done: ++done }),
    signal: handle.signal,
  });
}

/** What a patched model did with the question. */
export function reactionTo(core: Core, opened: OpenedCase, label: string, { logProbs, answer }: PatchedMessage): Reaction {
  const { model, body } = opened;
  const [badLogProb = null, rightLogProb = null] = logProbs;
  return reactionOf(core, opened, { label, model, body, answer: answer!, badLogProb, rightLogProb });
}
