import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTinyWorkspace } from "../../../test/fixtures/tinyWorkspace.ts";
import { startRun } from "../startRun.ts";
import { measureReliability, reliabilityOf } from "./reliability.ts";

describe("the reliability of tracing on a run", () => {
  it("is measured on a copy with canaries, which leaves nothing behind in the workspace", async () => {
    const workspace = await openTinyWorkspace({ numTrajectories: 60 });
    onTestFinished(() => workspace.close());
    const { core, modelDir } = workspace;
    const settings = { learningRate: 0.01, epochs: 12, microBatchSize: 4, gradientAccumulationSteps: 1, maxLength: 320, dropout: 0 };
    const { runId, jobId } = await startRun(core, { overrides: { ...settings, baseModel: modelDir, maxSteps: 260 } });
    expect((await core.jobs.ended(jobId)).state).toBe("done");
    expect(reliabilityOf(core, runId)).toBeNull();

    const before = { runs: core.store.runs.list().length, trajectories: core.store.trajectories.count() };
    const job = await core.jobs.ended(measureReliability(core, { runId, author: "Ada" }).id);
    expect(job).toMatchObject({ state: "done", error: null, subject: runId });
    const found = reliabilityOf(core, runId)!;
    // one tool carries one fault
    expect(found.notSurfaced.length + found.rows.length - 1).toBe(1);
    expect(found.rows[0]!.fault).toBeNull();
    for (const { numTraced, recallAt10, meanReciprocalRank, averagePrecision } of found.rows.slice(1)) {
      expect(numTraced).toBeGreaterThan(0);
      for (const measure of [recallAt10, meanReciprocalRank, averagePrecision]) expect(measure).toBeLessThanOrEqual(1);
    }
    if (found.rows.length > 1) expect(Object.keys(found.randomised!).sort()).toEqual(["gradient", "lexical", "representation"]);
    expect({ runs: core.store.runs.list().length, trajectories: core.store.trajectories.count() }).toEqual(before);
    expect(existsSync(join(core.paths.workspace, "canaries", runId))).toBe(false);
  });
});
