/** @file What experiments have said of a case's traced examples; a trace is shown with it. */
import type { Core } from "../core.ts";
import { beatsRandom } from "../experiments/patch.ts";

/**
 * Trajectories of which an experiment has shown that the output depends on them: a retraining without them, or a patch against them that did more
 * than any random one, after which the output was not wrong in this way any more.
 */
export function confirmedTrajectories(core: Core, caseId: string): ReadonlySet<string> {
  const confirmed = new Set<string>();
  for (const { state, spec, result } of core.store.experiments.ofCase(caseId)) {
    if (state !== "done" || result?.isFixed !== true) continue;
    if (spec.kind !== "retrain" && spec.kind !== "patch") continue;
    const [before, after] = result.reactions;
    if (spec.kind === "patch" && !beatsRandom({ before: before!, after: after!, randomChanges: result.randomChanges })) continue;
    for (const id of spec.trajectories) confirmed.add(id);
  }
  return confirmed;
}
