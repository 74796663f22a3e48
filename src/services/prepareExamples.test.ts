import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema, type RunConfig } from "#contracts/run.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { buildExample } from "#core/tokenizer/buildExample.ts";
import { trainExampleOf } from "#core/training/microBatch.ts";
import { openExampleFile, type ExampleFile } from "#core/training/exampleFile.ts";
import { openStore, type Store } from "#store/index.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { addTrajectories, weatherTrajectory, writeTinyModel } from "../../test/fixtures/tinyWorkspace.ts";
import { readModelFolder } from "./models.ts";
import { EXAMPLE_FILE, prepareExamples, type PrepareOptions } from "./prepareExamples.ts";

const weather = (count: number): TrajectoryContent[] => Array.from({ length: count }, (_, i) => weatherTrajectory(i + 1));

async function prepared(contents: readonly TrajectoryContent[], over: Partial<RunConfig> = {}, options: Partial<PrepareOptions> = {}) {
  const root = mkdtempSync(join(tmpdir(), "callsmith-prepare-"));
  const store: Store = openStore(join(root, "workspace.sqlite"));
  onTestFinished(() => {
    store.close();
    rmSync(root, { recursive: true });
  });
  addTrajectories(store, contents);
  await writeTinyModel(join(root, "model"));
  const { tokenizer } = await readModelFolder(join(root, "model"));
  const config = runConfigSchema.parse({ maxLength: 320, ...over });
  const runDir = join(root, "run");
  return { store, tokenizer, config, runDir, work: prepareExamples({ store, tokenizer, config, runDir, ...options }) };
}

function readBack(runDir: string): ExampleFile {
  const bytes = new Uint8Array(readFileSync(join(runDir, EXAMPLE_FILE)));
  return openExampleFile({ name: EXAMPLE_FILE, numBytes: bytes.length, read: (offset, n) => bytes.slice(offset, offset + n) });
}

describe("prepareExamples", () => {
  it("writes every trajectory's example, training first, and says which file position is whose", async () => {
    const { store, tokenizer, config, runDir, work } = await prepared(weather(30));
    const { plan, train, validation } = await work;
    const file = readBack(runDir);
    expect(file.index.splits).toEqual([...Array(27).fill("train"), ...Array(3).fill("validation")]);
    expect([...train, ...validation].map(({ trajectoryId }) => trajectoryId)).toEqual(file.index.trajectoryIds);
    file.index.trajectoryIds.forEach((id, i) => {
      const outcome = buildExample(store.trajectories.get(id).trajectory, tokenizer, config);
      expect(file.at(i)).toEqual(trainExampleOf((outcome as Extract<typeof outcome, { ok: true }>).example));
    });
    expect(train.reduce((sum, { numSupervisedTokens }) => sum + numSupervisedTokens, 0)).toBe(plan.numSupervisedTokens);
    expect(file.index.lengths.slice(0, 27).reduce((sum, length) => sum + length, 0)).toBe(plan.numTokens);
  });

  it("counts and names what gives no example, and what was cut to fit", async () => {
    const noAssistant = { ...weatherTrajectory(70), turns: weatherTrajectory(70).turns.slice(0, 2) };
    const endless = weatherTrajectory(71);
    const tooLong = { ...endless, turns: Array.from({ length: 8 }, () => endless.turns.slice(1)).flat() };
    const longSystem = { ...endless, turns: [{ role: "system" as const, content: "Be kind. ".repeat(200) }, ...endless.turns.slice(1)] };
    const { work } = await prepared([...weather(8), noAssistant, weatherTrajectory(72), tooLong, longSystem], { truncation: "oneWindow" });
    const { plan } = await work;
    expect(plan.refused.map(({ trajectoryId, code }) => [trajectoryId, code])).toEqual([
      ["T-00009", "E_EXAMPLE_NO_TARGET"],
      ["T-00011", "E_EXAMPLE_TOO_LONG"],
    ]);
    expect(plan).toMatchObject({ numTrajectories: 12, numRefused: 2, numExamples: 9, numEvalExamples: 1, numTruncated: 1 });
    expect(plan.numCutTokens).toBeGreaterThan(200);
  });

  it("leaves out what was rejected in review, and says so", async () => {
    const { store, work, ...rest } = await prepared(weather(6), { mergePrefixes: false });
    await work;
    store.transaction(() => {
      const change = store.changes.start({ kind: "status", title: "", author: "ann", reason: "", at: "2026" });
      store.changes.revise(store.changes.get(change), 2, { ...store.changes.state(2), status: "rejected" });
    });
    const { plan, train } = await prepareExamples({ store, ...rest });
    expect(plan.refused).toEqual([{ trajectoryId: "T-00002", code: "E_EXAMPLE_REJECTED", reason: "It was rejected in review." }]);
    expect(train.map(({ trajectoryId }) => trajectoryId)).not.toContain("T-00002");
    expect(plan.numRefused).toBe(1);
  });

  it("trains on a frozen version: without what is left out, with what is repaired, and all else as it was then", async () => {
    const { store, work, config, ...rest } = await prepared(weather(6), { mergePrefixes: false });
    const { plan: before, train: trainedBefore } = await work;
    store.dataVersions.freeze({ name: "then", author: "ann", note: "", at: "2026" });
    const content = weatherTrajectory(40);
    store.transaction(() => {
      const change = store.changes.start({ kind: "edit", title: "", author: "ann", reason: "", at: "2026" });
      const contentId = store.contents.write(content, summaryOf(content));
      for (const number of [1, 2, 3])
        store.changes.revise(store.changes.get(change), number, { ...store.changes.state(number), contentId, split: "validation" });
    });
    const prepare = (more: Partial<RunConfig>) => prepareExamples({ store, ...rest, config: { ...config, ...more } });
    const version = async (more: Partial<RunConfig>) => (await prepare(more)).plan;
    expect(await version({ dataVersion: "then" })).toEqual(before);
    const leftOut = ["T-00002", "T-00004"];
    const { plan: without, train: trainedWithout } = await prepare({ dataVersion: "then", withoutTrajectories: leftOut });
    expect(without.refused.map(({ trajectoryId, code }) => [trajectoryId, code])).toEqual([
      ["T-00002", "E_EXAMPLE_LEFT_OUT"],
      ["T-00004", "E_EXAMPLE_LEFT_OUT"],
    ]);
    expect(without).toMatchObject({ numTrajectories: before.numTrajectories, numRefused: 2 });
    expect(without.numExamples).toBeLessThan(before.numExamples);
    // those left out keep their places, so that all others stay in their steps
    expect(without.numSteps).toBe(before.numSteps);
    expect(trainedWithout).toEqual(trainedBefore.filter(({ trajectoryId }) => !leftOut.includes(trajectoryId)));
    const repaired = await version({ dataVersion: "then", repairedTrajectories: ["T-00002"] });
    expect(repaired).toMatchObject({ numTrajectories: before.numTrajectories, numRefused: 0 });
    expect(repaired.dataVersion).not.toBe(before.dataVersion);
    await expect(version({ dataVersion: "never" })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
  });

  describe("merging prefixes", () => {
    const [whole, other] = [weatherTrajectory(3), weatherTrajectory(4)];
    const firstRow = { ...whole, turns: whole.turns.slice(0, 3) };
    const contents = [firstRow, other, whole, whole];

    it("trains rows that begin alike as one sequence, and says of which trajectories", async () => {
      const { runDir, work } = await prepared(contents);
      const { plan, train } = await work;
      const file = readBack(runDir);
      expect(file.index.trajectoryIds).toEqual(["T-00002", "T-00003"]);
      expect(train.map(({ position, trajectoryId }) => [position, trajectoryId])).toEqual([
        [0, "T-00002"],
        [1, "T-00003"],
        [1, "T-00001"],
        [1, "T-00004"],
      ]);
      expect(new Set(file.at(1).lossWeights)).toEqual(new Set([0, 2, 3]));
      expect(file.at(1).lossWeights.reduce((sum, weight) => sum + weight, 0)).toBe(
        train.slice(1).reduce((sum, { numSupervisedTokens }) => sum + numSupervisedTokens, 0),
      );
      expect(plan).toMatchObject({ numExamples: 2, numTrajectories: 4, numTokens: file.index.lengths[0]! + file.index.lengths[1]! });
      expect(existsSync(join(runDir, `${EXAMPLE_FILE}.rows`))).toBe(false);
    });

    it("counts the rows and their tokens that switching it off would train one by one", async () => {
      const merged = (await (await prepared(contents)).work).plan;
      const apart = (await (await prepared(contents, { mergePrefixes: false })).work).plan;
      expect(apart.merged).toBeNull();
      expect(merged.merged).toEqual({ numRows: apart.numExamples, numRowTokens: apart.numTokens });
      expect(merged.numSupervisedTokens).toBe(apart.numSupervisedTokens);
      expect(merged.numTokens).toBeLessThan(apart.numTokens / 2);
    });
  });

  it("cuts a path that is longer than the window into several, and names the rows that fit none", async () => {
    const { turns } = weatherTrajectory(71);
    const longPath = { ...weatherTrajectory(71), turns: [turns[0]!, ...Array.from({ length: 8 }, () => turns.slice(1)).flat()] };
    const giant = {
      ...weatherTrajectory(71),
      turns: [...turns, turns[1]!, { role: "assistant", calls: [], answer: "so ".repeat(500) } as const],
    };
    const { runDir, work } = await prepared([longPath, giant]);
    const { plan, train } = await work;
    expect(train.map(({ trajectoryId }) => trajectoryId).filter((id) => id === "T-00001").length).toBeGreaterThan(2);
    expect(plan.numTruncated).toBeGreaterThan(1);
    expect(plan.numCutTokens).toBeGreaterThan(0);
    expect(plan.merged!.numRows).toBe(
      longPath.turns.filter(({ role }) => role === "assistant").length + turns.filter(({ role }) => role === "assistant").length,
    );
    expect(plan.refused).toEqual([
      { trajectoryId: "T-00002", code: "E_EXAMPLE_TOO_LONG", reason: expect.stringMatching(/^Left out: 1 of its \d rows\. The targets/) },
    ]);
    expect(Math.max(...readBack(runDir).index.lengths)).toBeLessThanOrEqual(320);
  });

  it("evaluates on a choice of the held-out trajectories that the seed determines", async () => {
    const chosen = async (seed: number) => (await (await prepared(weather(200), { maxEvalExamples: 5, seed })).work).validation;
    const [first, again, other] = [await chosen(1), await chosen(1), await chosen(2)];
    expect(first).toHaveLength(5);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("names the data version by content and split: the same for the same data, another after any change", async () => {
    const version = async (contents: readonly TrajectoryContent[]) => (await (await prepared(contents)).work).plan.dataVersion;
    const base = await version(weather(12));
    expect(await version(weather(12))).toBe(base);
    expect(await version([...weather(11), weatherTrajectory(99)])).not.toBe(base);
    expect(await version(weather(12).toReversed())).not.toBe(base);
  });

  it("gives the event loop its turns, and leaves nothing behind when cancelled", async () => {
    const abort = new AbortController();
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
      if (turns === 3) abort.abort();
    }, 1);
    onTestFinished(() => clearInterval(timer));
    const { runDir, work } = await prepared(weather(600), {}, { signal: abort.signal });
    await expect(work).rejects.toMatchObject({ code: "E_CANCELLED" });
    expect(readdirSync(runDir)).toEqual([]);
  });

  it("refuses a set without a training example", async () => {
    const { runDir, work } = await prepared([]);
    await expect(work).rejects.toMatchObject({ code: "E_RUN_NO_EXAMPLES" });
    expect(existsSync(join(runDir, EXAMPLE_FILE))).toBe(false);
  });
});
