import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { FailureCode } from "#contracts/calls.ts";
import type { CaseTrace } from "#contracts/tracing.ts";
import { openTinyWorkspace, type TinyWorkspace } from "../../../test/fixtures/tinyWorkspace.ts";
import { getCase } from "../cases/caseViews.ts";
import { closeCases } from "../cases/moveCases.ts";
import { makeCases } from "../cases/makeCases.ts";
import { listCheckpoints } from "../checkpoints.ts";
import { startEvaluation } from "../evaluateRun.ts";
import { runDirOf } from "../models.ts";
import { startRun } from "../startRun.ts";
import { exampleEvidence } from "./exampleEvidence.ts";
import { noiseOf } from "./noise.ts";
import { getTrace, traceQueue } from "./readTraces.ts";
import { startTracing } from "./startTracing.ts";
import { namedIn, repeatsFault, standsOut } from "./traceCase.ts";

const NUM_TRAINED = 36;
let workspace: TinyWorkspace;
let runId: string;
let caseIds: readonly string[];

/** A model of a few steps: nearly all it writes is wrong. */
beforeAll(async () => {
  workspace = await openTinyWorkspace({ numTrajectories: 40 });
  const { core, modelDir } = workspace;
  const settings = { learningRate: 0.01, epochs: 4, microBatchSize: 4, gradientAccumulationSteps: 1, maxLength: 320, dropout: 0 };
  const started = await startRun(core, { overrides: { ...settings, baseModel: modelDir } });
  expect((await core.jobs.ended(started.jobId)).state).toBe("done");
  runId = started.runId;
  await startEvaluation(core, { runId, suite: "heldout", maxPrompts: null }).ended;
  caseIds = (await makeCases(core, { failures: { runId }, author: "Ada", note: "" })).made.slice(0, 2);
});
afterAll(() => workspace.close());

const trace = async (ids: readonly string[]) => workspace.core.jobs.ended(startTracing(workspace.core, { caseIds: ids, author: "Ada" }).id);
const examplesOf = ({ groups }: CaseTrace) => groups.flatMap(({ examples }) => examples);

describe("a traced case", () => {
  it("keeps its newest trace: examples in the fused order, with ranks, grades and what they were made from", async () => {
    expect(getTrace(workspace.core, caseIds[0]!)).toBeNull();
    const job = await trace(caseIds);
    expect(job).toMatchObject({ state: "done", result: { traced: caseIds, refused: [] } });
    const found = getTrace(workspace.core, caseIds[0]!)!;
    expect(found).toMatchObject({ runId, author: "Ada", isContrastive: true, numExamples: NUM_TRAINED, numIndexed: NUM_TRAINED });
    const examples = examplesOf(found);
    expect(examples.map(({ rank }) => rank).toSorted((a, b) => a - b)).toEqual(Array.from({ length: NUM_TRAINED }, (_, i) => i + 1));
    expect(found.groups.map(({ examples: [first] }) => first!.rank)).toEqual(
      found.groups.map(({ examples: [first] }) => first!.rank).toSorted((a, b) => a - b),
    );
    for (const { exact, signals, trajectories, call, grade } of examples) {
      expect(Math.abs(exact!)).toBeLessThan(1.0001);
      expect(trajectories).toEqual([expect.objectContaining({ isUnchanged: true, title: expect.stringContaining("weather") as string })]);
      expect(call).toMatch(/^(Thought|Answer)/);
      const speaking = Object.values(signals).filter((one) => one !== null && one.rank <= 10).length;
      expect(grade).toBe(speaking >= 2 ? "likely" : speaking === 1 ? "similar" : null);
    }
    expect(found.opponents.every(({ exact }) => exact! < 0)).toBe(true);
    const kinds = getCase(workspace.core, caseIds[0]!).events.map(({ kind }) => kind);
    expect(kinds).toEqual(found.nothingStandsOut ? ["opened"] : ["opened", "traced"]);
  });

  it("says of each example where its score comes from, token by token and field by field", async () => {
    const { core } = workspace;
    const found = getTrace(core, caseIds[0]!)!;
    const example = examplesOf(found)[0]!;
    const evidence = await exampleEvidence(core, caseIds[0]!, example.index);
    const total = (all: readonly { readonly score: number }[]): number => all.reduce((sum, { score }) => sum + score, 0);
    expect(total(evidence.tokens)).toBeCloseTo(example.exact!, 4);
    expect(total(evidence.fields)).toBeCloseTo(example.exact!, 4);
    expect(evidence.tokens.map(({ text }) => text).join("")).toContain("what will the weather be");
    expect(evidence.outputTokens.map(({ text }) => text).join("")).toContain(getCase(core, caseIds[0]!).text);
    expect(evidence.turns[evidence.turnIndex]!.role).toBe("assistant");
    expect(evidence.tools.map(({ name }) => name)).toEqual(["get_weather"]);
    await expect(exampleEvidence(core, caseIds[0]!, 9999)).rejects.toMatchObject({ code: "E_NOT_FOUND" });
  });

  it("puts what it names into the queue while it is open", async () => {
    const { core } = workspace;
    const named = namedIn(getTrace(core, caseIds[0]!)!);
    core.store.transaction(() => core.store.traces.put({ ...getTrace(core, caseIds[0]!)! }, named));
    const queue = traceQueue(core, 1000);
    const [first] = named;
    const own = queue.find(({ id }) => id === first!.trajectoryId)!;
    expect(own.caseIds).toContain(caseIds[0]);
    expect(own.influence).toBeGreaterThanOrEqual(1 / first!.place);
    expect(queue.map(({ influence }) => influence)).toEqual(queue.map(({ influence }) => influence).toSorted((a, b) => b - a));
    closeCases(core, { ids: [...caseIds], author: "Ada", note: "no", verdict: "willNotFix" });
    expect(traceQueue(core, 1000)).toEqual([]);
  });

  it("is traced anew from a feature file that is missing, and not where its checkpoint is gone", async () => {
    const { core } = workspace;
    const [file] = readdirSync(core.paths.features).filter((name) => name.startsWith(runId));
    renameSync(join(core.paths.features, file!), join(core.paths.workspace, "moved.bin"));
    expect(await trace([caseIds[1]!])).toMatchObject({ state: "done" });
    expect(existsSync(join(core.paths.features, file!))).toBe(true);
    expect(getTrace(core, caseIds[1]!)!.seconds.indexing).toBeGreaterThan(0);
    const { dir } = listCheckpoints(runDirOf(core.paths, runId)).at(-1)!;
    renameSync(dir, `${dir}-moved`);
    expect(() => startTracing(core, { caseIds: [caseIds[0]!], author: "Ada" })).toThrow(expect.objectContaining({ code: "E_CASE_STEP" }));
    expect(await trace(caseIds)).toMatchObject({
      state: "done",
      result: { traced: [], refused: [{ caseId: caseIds[0] }, { caseId: caseIds[1] }] },
    });
    renameSync(`${dir}-moved`, dir);
  });
});

describe("noise", () => {
  it("is what right outputs reach, and says nothing of fewer than five", () => {
    const found = noiseOf([1, 2, 3, 4, 5], 9);
    expect(found).toMatchObject({ mean: 3, numOutputs: 5 });
    expect(found.deviation).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(found.z).toBeCloseTo(6 / Math.sqrt(2.5), 12);
    expect(noiseOf([1, 2, 3, 4], 9).z).toBeNull();
    expect(noiseOf([2, 2, 2, 2, 2], 9).z).toBeNull();
  });

  it("is passed by one best score far above it, or by signals that agree, and by what it was not measured for", () => {
    const found = (z: number | null) => ({ mean: 0, deviation: 1, numOutputs: 12, z });
    const noise = (lexical: number | null, gradient: number | null, agreement: number | null) => ({
      bySignal: { lexical: found(lexical), representation: found(gradient === null ? null : 0), gradient: found(gradient) },
      agreement: found(agreement),
    });
    const verdicts = [noise(2.9, 1, 1.9), noise(3, 0, 0), noise(0, 0, 2), noise(null, null, null), noise(null, 0, 0)].map(standsOut);
    expect(verdicts).toEqual([false, true, true, true, false]);
  });

  it("is not asked where a likely example has the fault itself", () => {
    const group = (grade: "similar" | "likely", findings: readonly FailureCode[]) => ({
      examples: [
        {
          ...{
            index: 0,
            rank: 1,
            exact: null,
            grade,
            hits: [],
            call: "",
            signals: { lexical: null, representation: null, gradient: null },
          },
          trajectories: [{ id: "T-00001", title: "", isUnchanged: true, findings }],
        },
      ],
    });
    const groups = [group("likely", ["F05"]), group("similar", ["F02"])];
    expect([repeatsFault(groups, ["F02"]), repeatsFault(groups, [null]), repeatsFault(groups, ["F01", "F05"])]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
