/**
 * @file Which of many trajectories are enough to change an output, by patches.
 *
 * A step against all of them sets the scale; a step against some moves the weights by their part of it. Trajectories are taken in the order of what each
 * does alone, the strongest first, until the output changes, and each is then tried for whether the rest would do without it.
 */
import type { Reaction } from "#contracts/experiments.ts";
import type { PatchedMessage } from "#contracts/trainer.ts";
import type { Core } from "../core.ts";
import type { JobHandle } from "../jobs.ts";
import { isFixed, type OpenedCase } from "./askCase.ts";
import { patchSets, positionsOf, reactionTo } from "./patch.ts";

export interface SmallestSet {
  readonly reactions: readonly Reaction[];
  /** Strongest first; null: all of them together change nothing. */
  readonly trajectories: readonly string[] | null;
}

/** @throws E_EXPERIMENT_INVALID where the run has none of these examples; E_CANCELLED */
export async function smallestSet(
  core: Core,
  opened: OpenedCase,
  { handle, trajectories }: { readonly handle: JobHandle; readonly trajectories: readonly string[] },
): Promise<SmallestSet> {
  const { store } = core;
  const { record } = opened;
  const all = positionsOf(core, opened, trajectories);
  const trained: ReadonlySet<string> = store.runPoints.trainedOn(record.runId!);
  const members = [...new Set(trajectories)].filter((id) => trained.has(id));
  const positions = (ids: readonly string[]): readonly number[] => store.runPoints.trainPositions(record.runId!, ids);
  /** Patches of these sets, after one of them all that sets the scale. */
  const patch = async (sets: readonly (readonly string[])[], phase: string): Promise<readonly PatchedMessage[]> => {
    handle.report({ phase, unit: "patches", done: 0, total: sets.length + 1 });
    const asked = { handle, sets: [all, ...sets.map(positions)], numSteps: 1, isScaledByFirst: true };
    return patchSets(core, opened, asked);
  };
  const isChanged = (patched: PatchedMessage): boolean => isFixed(record, reactionTo(core, opened, "", patched));

  const [whole, unpatched, ...alone] = await patch([[], ...members.map((id) => [id])], "patching one by one");
  const reactions = [reactionTo(core, opened, "as it was", unpatched!), reactionTo(core, opened, `without all ${members.length}`, whole!)];
  if (!isChanged(whole!)) return { reactions, trajectories: null };
  const effect = new Map(members.map((id, i) => [id, alone[i]!.logProbs[0]! - unpatched!.logProbs[0]!]));
  const strongest = members.toSorted((a, b) => effect.get(a)! - effect.get(b)!);

  const prefixes = strongest.map((_, i) => strongest.slice(0, i + 1));
  const [, ...ofPrefixes] = await patch(prefixes, "taking the strongest together");
  const enough = ofPrefixes.findIndex(isChanged);
  let kept = enough === -1 ? strongest : prefixes[enough]!;
  let last = enough === -1 ? whole! : ofPrefixes[enough]!;
  for (const id of kept.toReversed()) {
    if (kept.length === 1) break;
    const rest = kept.filter((other) => other !== id);
    const [, patched] = await patch([rest], "leaving out what is not needed");
    if (!isChanged(patched!)) continue;
    [kept, last] = [rest, patched!];
  }
  return { reactions: [...reactions, reactionTo(core, opened, `without the smallest set, ${kept.length}`, last)], trajectories: kept };
}
