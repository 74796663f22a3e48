/** @file Imports the sample set into a workspace of its own and trains on it as a person would; prints a `SampleMeasured`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openCore } from "#services/core.ts";
import { corePlaces } from "#services/places.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { startRun } from "#services/startRun.ts";

export interface SampleMeasured {
  /** From the start of the run to its end. */
  readonly seconds: number;
  readonly stepSeconds: number;
  readonly numSteps: number;
  readonly numTokens: number;
  readonly evalLoss: number;
  readonly engine: string;
}

const workspaceDir = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
const core = openCore({ workspaceDir, ...corePlaces(resolve(import.meta.dirname, "../../.."), import.meta.filename) });
try {
  await prepareSampleWorkspace(core)?.ended;
  const startedAt = performance.now();
  const { runId, jobId } = await startRun(core, { preset: "sample" });
  const job = await core.jobs.ended(jobId);
  const seconds = (performance.now() - startedAt) / 1000;
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
  const { runPoints } = core.store;
  const steps = runPoints.points(runId).step.map((step) => runPoints.point(runId, step)!);
  const measured: SampleMeasured = {
    seconds,
    stepSeconds: steps.reduce((sum, step) => sum + step.seconds, 0),
    numSteps: steps.length,
    numTokens: steps.reduce((sum, step) => sum + step.numTokens, 0),
    evalLoss: runPoints.evals(runId).at(-1)!.loss,
    engine: core.trainers.engineName ?? "unknown engine",
  };
  process.stdout.write(JSON.stringify(measured));
} finally {
  await core.close();
  rmSync(workspaceDir, { recursive: true, force: true });
}
