/** @file What could have caused a case, in plain words, each with the experiment that would tell. */
import type { FailureCode } from "#contracts/calls.ts";
import type { SuggestedHypothesis } from "#contracts/experiments.ts";
import type { Core } from "../core.ts";
import { listCheckpoints } from "../checkpoints.ts";
import { runDirOf } from "../models.ts";

/** What constrained decoding cannot write. */
const PREVENTED: ReadonlySet<FailureCode> = new Set(["F01", "F02", "F03", "F05", "F06"]);

export function suggestHypotheses(core: Core, caseId: string): readonly SuggestedHypothesis[] {
  const { store, paths } = core;
  const { code, runId, tool, spanText } = store.cases.get(caseId);
  const { tools, expected } = store.cases.body(caseId);
  const traced = store.cases.events(caseId).findLast(({ kind }) => kind === "traced")?.trajectories ?? [];
  const known: ReadonlySet<string> = runId === null ? new Set<string>() : store.runPoints.trainedOn(runId);
  const trajectories = traced.filter((id) => known.has(id));
  const what = spanText === "" ? "this" : `"${spanText.length > 60 ? `${spanText.slice(0, 60)}…` : spanText}"`;
  const suggested: SuggestedHypothesis[] = [];
  if (trajectories.length > 0) {
    const they = trajectories.length === 1 ? "The training example" : `The ${trajectories.length} training examples`;
    const statement = `${they} it was traced to taught ${what}: pushed away from them, the model writes something else.`;
    suggested.push({ cause: "data", statement, spec: { kind: "patch", trajectories, numSteps: 1 } });
    suggested.push({
      cause: "data",
      statement: `${they} it was traced to taught ${what}: trained without them, the model writes something else.`,
      spec: { kind: "retrain", trajectories, change: "without", maxSteps: null },
    });
    if (trajectories.length > 2) {
      suggested.push({
        cause: "data",
        statement: "A few of the traced examples are enough to teach it; the rest only look like them.",
        spec: { kind: "smallestSet", trajectories },
      });
    }
  }
  if (tools.length > 0) {
    const aboutTool = tool === "" ? "The tools" : `The tools beside ${tool}, or how it is described,`;
    suggested.push({
      cause: "prompt",
      statement: `${aboutTool} mislead the model: told otherwise, it answers rightly.`,
      spec: { kind: "tools" },
    });
  }
  if (runId !== null && listCheckpoints(runDirOf(paths, runId)).length > 0) {
    suggested.push({
      cause: "trainingStage",
      statement: "It came with training, or was there before: the model it started from, or an earlier checkpoint, answers otherwise.",
      spec: { kind: "checkpoints" },
    });
  }
  if (expected !== null) {
    suggested.push({
      cause: "evaluation",
      statement: "The output would do, and the rule that objects is too strict or too loose.",
      spec: { kind: "checker" },
    });
  }
  if (tools.length > 0 && (code === null || PREVENTED.has(code))) {
    suggested.push({
      cause: "decoding",
      statement: "The model knows better: held to calls of the offered tools while it writes, it writes the right one.",
      spec: { kind: "constrained" },
    });
  }
  return suggested;
}
