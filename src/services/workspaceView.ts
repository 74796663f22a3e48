/** @file The workspace at a glance. */
import { availableParallelism } from "node:os";
import type { WorkspaceView } from "#contracts/procedures/workbench.ts";
import { workspaceName, type Core } from "./core.ts";
import { isSampleWorkspace } from "./sampleWorkspace.ts";
import { VERSION } from "./version.ts";

export function workspaceView(core: Core): WorkspaceView {
  const { store, paths, trainers } = core;
  return {
    name: workspaceName(paths),
    path: paths.workspace,
    isSample: isSampleWorkspace(core),
    version: VERSION,
    numTrajectories: store.trajectories.count(),
    numRuns: store.runs.list().length,
    numFailures: store.failures.count(),
    engine: trainers.engineName ?? `ONNX Runtime CPU, ${availableParallelism()} threads`,
  };
}
