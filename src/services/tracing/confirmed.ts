/** @file What experiments and measurements have said of a case's traced examples; a trace is shown with it. */
import type { Core } from "../core.ts";

/** Trajectories whose set an experiment on training data left out or patched, after which the output was not wrong in this way any more. */
export function confirmedTrajectories(_core: Core, _caseId: string): ReadonlySet<string> {
  return new Set();
}
