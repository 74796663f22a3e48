import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema, type RunConfig, type StepMetrics } from "#contracts/run.ts";
import type { Split, TrajectoryContent } from "#contracts/trajectory.ts";
import { openStore, openWorkerStore, type Store } from "./index.ts";

let store: Store;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-store-"));
  store = openStore(join(folder, "workspace.sqlite"));
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
});

const content = (user: string, system = "Help the person."): TrajectoryContent => ({
  tools: [{ name: "get_weather", description: "Weather of a place", parameters: { type: "object", properties: {} } }],
  turns: [
    { role: "system", content: system },
    { role: "user", content: user },
    {
      role: "assistant",
      thought: "look it up",
      calls: [{ name: "get_weather", argumentsText: '{"city": "Bern"}', arguments: { ok: true, value: { city: "Bern" } }, callId: "c1" }],
    },
    { role: "tool", content: "sunny", name: "get_weather", callId: "c1" },
    { role: "assistant", calls: [], answer: "It is sunny." },
  ],
  targets: [2, 4],
  metadata: { id: "row 1", nested: { b: 1, a: [2] } },
});
const summary = (title: string) => ({ title, numTurns: 5, numCalls: 1, numTools: 1, numUnreadable: 0 });
const source = (name: string, sha256 = name) =>
  store.sources.ensure({ sha256, format: "openai-chat", name, path: `/somewhere/${name}`, numBytes: 10 });

function add(user: string, options: { split?: Split; sourceId?: number; system?: string } = {}): number {
  const sourceId = options.sourceId ?? source("one.jsonl").id;
  return store.transaction(() => {
    const contentId = store.contents.write(content(user, options.system), summary(user));
    return store.trajectories.add({
      sourceId,
      split: options.split ?? "train",
      contentId,
      author: "import",
      reason: "import",
      at: "2026-01-01",
    });
  });
}
const indexAll = (): void => {
  while (store.search.indexNext(2));
};

describe("contents", () => {
  it("come back as they were written, with a stable hash", () => {
    const id = store.transaction(() => store.contents.write(content("rain?"), summary("rain?")));
    expect(store.contents.read(id).content).toEqual(content("rain?"));
    expect(store.contents.read(id).hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("are stored once, whatever the order in which their fields were made", () => {
    const { tools, turns, targets, metadata } = content("rain?");
    const reordered: TrajectoryContent = {
      metadata,
      targets: targets!,
      turns: turns.map((turn) => Object.fromEntries(Object.entries(turn).reverse()) as unknown as typeof turn),
      tools,
    };
    const ids = store.transaction(() => [content("rain?"), reordered].map((each) => store.contents.write(each, summary("rain?"))));
    expect(ids[0]).toBe(ids[1]);
  });

  it("differ in hash when only the shared system text differs", () => {
    const [a, b] = store.transaction(() => ["One.", "Two."].map((text) => store.contents.write(content("rain?", text), summary("rain?"))));
    expect(store.contents.read(a!).hash).not.toBe(store.contents.read(b!).hash);
    expect(store.contents.read(b!).content.turns[0]).toEqual({ role: "system", content: "Two." });
  });

  it("write a shared part again after the transaction that wrote it was undone", () => {
    expect(() =>
      store.transaction(() => {
        store.contents.write(content("rain?"), summary("rain?"));
        throw new Error("undo");
      }),
    ).toThrow("undo");
    store.contents.forgetParts();
    const id = store.transaction(() => store.contents.write(content("rain?"), summary("rain?")));
    expect(store.contents.read(id).content).toEqual(content("rain?"));
  });
});

describe("lists", () => {
  it("page, count and find a place under every filter", () => {
    const other = source("two.jsonl").id;
    for (let i = 0; i < 10; i++)
      add(`question ${i}`, { split: i % 2 === 0 ? "train" : "validation", ...(i >= 6 ? { sourceId: other } : {}) });
    expect(store.lists.page({}, 8, 5)).toEqual({ total: 10, numbers: [9, 10] });
    expect(store.lists.page({ split: "validation" }, 1, 2)).toEqual({ total: 5, numbers: [4, 6] });
    expect(store.lists.page({ source: "two.jsonl", split: "train" }, 0, 9)).toEqual({ total: 2, numbers: [7, 9] });
    expect(store.lists.page({ source: "nowhere" }, 0, 9)).toEqual({ total: 0, numbers: [] });
    expect(store.lists.offsetOf("T-00008", { split: "validation" })).toBe(3);
    expect(store.lists.offsetOf("T-00008", { split: "train" })).toBeNull();
    expect(store.lists.offsetOf("no id", {})).toBeNull();
    // what is kept stays at its place among the others, once
    expect(store.lists.page({ split: "validation" }, 1, 3, [5, 4])).toEqual({ total: 6, numbers: [4, 5, 6] });
    expect(store.lists.page({ source: "nowhere" }, 0, 9, [3])).toEqual({ total: 1, numbers: [3] });
    expect(store.lists.offsetOf("T-00005", { split: "validation" }, [5])).toBe(2);
    expect(store.trajectories.summaries([9, 2]).map((row) => [row.id, row.title, row.source])).toEqual([
      ["T-00009", "question 8", "two.jsonl"],
      ["T-00002", "question 1", "one.jsonl"],
    ]);
  });

  it("count each facet under all conditions but its own", () => {
    source("one.jsonl");
    const other = source("two.jsonl").id;
    add("a");
    add("b", { split: "test" });
    add("c", { sourceId: other, split: "test" });
    expect(store.lists.facets({ source: "two.jsonl" })).toMatchObject({
      total: 1,
      sources: [
        { value: "one.jsonl", count: 2 },
        { value: "two.jsonl", count: 1 },
      ],
      splits: [{ value: "test", count: 1 }],
    });
    expect(store.lists.facets({ split: "train" }).sources).toEqual([{ value: "one.jsonl", count: 1 }]);
  });

  it("follow what this connection and another one write", () => {
    add("first");
    indexAll();
    expect(store.lists.page({ text: "first" }, 0, 9).total).toBe(1);
    expect(store.lists.page({}, 0, 9).total).toBe(1);
    add("the first again");
    indexAll();
    expect(store.lists.page({ text: "first" }, 0, 9).total).toBe(2);
    const other = openWorkerStore(store.path);
    other.transaction(() => {
      const contentId = other.contents.write(content("first of all"), summary("first of all"));
      other.trajectories.add({ sourceId: 1, split: "train", contentId, author: "import", reason: "import", at: "2026-01-01" });
    });
    other.search.indexNext(9);
    other.close();
    expect(store.lists.page({ text: "first" }, 0, 9).total).toBe(3);
    expect(store.lists.page({}, 0, 9).total).toBe(3);
  });
});

describe("search", () => {
  it("finds words of any turn, phrases, and words of the shared system text", () => {
    add("Where is the night train?", { system: "Speak as a conductor." });
    add("Train at night, please", { system: "Speak as a sailor." });
    indexAll();
    const found = (text: string) => store.lists.page({ text }, 0, 9).numbers;
    expect(found("night train")).toEqual([1, 2]);
    expect(found('"night train"')).toEqual([1]);
    expect(found("sailor")).toEqual([2]);
    expect(found("sailor train")).toEqual([2]);
    expect(found("sailor where")).toEqual([]);
    expect(found("get_weather")).toEqual([1, 2]);
    expect(found("sunny bern")).toEqual([1, 2]);
    expect(found("NIGHT")).toEqual([1, 2]);
    expect(found("snow")).toEqual([]);
    expect(store.lists.facets({ text: "sailor" }).splits).toEqual([{ value: "train", count: 1 }]);
    expect(store.lists.offsetOf("T-00002", { text: "train" })).toBe(1);
  });

  it("never reads what was typed as the database's expression language", () => {
    add("AND OR NOT NEAR");
    indexAll();
    for (const text of ["AND", "a OR b)", "text:x", "NEAR(", '"', '""', "*", "^a", "- +", "{}", "x\0y", "'; DROP TABLE content; --"]) {
      expect(() => store.lists.page({ text }, 0, 9)).not.toThrow();
    }
    expect(store.lists.page({ text: "NOT near" }, 0, 9).total).toBe(1);
    expect(store.lists.page({ text: "{}" }, 0, 9).total).toBe(0);
  });

  it("says while rows are missing from the index, and goes on where it stopped", () => {
    for (let i = 0; i < 5; i++) add(`question ${i}`);
    expect(store.search.isComplete()).toBe(false);
    store.search.indexNext(2);
    expect(store.search.progress()).toEqual({ done: 2, total: 5 });
    expect(store.lists.page({ text: "question" }, 0, 9).total).toBe(2);
    indexAll();
    expect(store.search.isComplete()).toBe(true);
    expect(store.lists.page({ text: "question" }, 0, 9).total).toBe(5);
  });

  it("ranks similar trajectories of the training split, leaving out those named", () => {
    add("night train to Basel");
    add("a boat to Basel");
    add("night train to Basel by night", { split: "validation" });
    add("nothing alike");
    indexAll();
    const similar = store.search.similar(["night", "train", "Basel"], { limit: 9 });
    expect(similar.map((row) => row.trajectoryId)).toEqual(["T-00001", "T-00002"]);
    expect(similar[0]!.score).toBeGreaterThan(similar[1]!.score);
    expect(store.search.similar(["night"], { limit: 9, without: [1] })).toEqual([]);
  });
});

describe("sources", () => {
  it("are known again by bytes and format, and get names of their own", () => {
    expect(source("rows.json", "aa").id).toBe(source("rows.json", "aa").id);
    expect(source("rows.json", "bb").name).toBe("rows.json (2)");
  });
});

describe("runs", () => {
  const config = runConfigSchema.parse({});
  const point = (step: number, loss: number): StepMetrics => ({
    step,
    loss,
    learningRate: 1e-3,
    gradNorm: loss,
    clipped: false,
    skipped: !Number.isFinite(loss),
    overflowed: false,
    numTokens: 10,
    numSupervisedTokens: 5,
    seconds: 0.1,
    tokensPerSecond: 100,
    memoryBytes: 1000,
    segmentLoss: { toolName: { sum: 1, count: 2 } },
    examples: [{ index: 3, loss: { sum: 1, count: 2 } }],
  });

  it("keep their points, the steps that were left out, and forget what comes again after a resumption", () => {
    const id = store.runs.create(config);
    expect(id).toBe("r-001");
    store.runPoints.addPoints(id, [point(1, 2), point(2, Number.NaN), point(3, 1)]);
    store.runs.addCheckpoint(id, 2, 100);
    store.runs.addCheckpoint(id, 3, 100);
    expect(store.runPoints.points(id, 1)).toMatchObject({ step: [2, 3], loss: [null, 1], gradNorm: [null, 1], clipped: [false, false] });
    expect(store.runPoints.skippedSteps(id)).toEqual([2]);
    expect(store.runPoints.point(id, 3)).toEqual(point(3, 1));
    const overflowed = { ...point(4, 1), gradNorm: Number.NaN, skipped: true, overflowed: true };
    store.runPoints.addPoints(id, [overflowed]);
    expect([store.runPoints.skippedSteps(id), store.runPoints.overflowedSteps(id)]).toEqual([[2], [4]]);
    expect(store.runPoints.point(id, 4)).toEqual(overflowed);
    expect(store.runs.get(id)).toMatchObject({ step: 4, lastLoss: 1, state: "preparing" });
    store.runs.recordResume(id, 2);
    expect(store.runPoints.points(id).step).toEqual([1, 2]);
    expect(store.runs.checkpoints(id)).toEqual([{ step: 2, numBytes: 100 }]);
    expect(store.runs.resumedAt(id)).toEqual([2]);
  });

  it("are interrupted when they were going as the core ended", () => {
    const going = store.runs.create(config);
    const ended = store.runs.create(config);
    store.runs.update(going, { state: "running", phase: "steps" });
    store.runs.update(ended, { state: "done", endedAt: "2026-01-01" });
    expect(store.runs.interruptActive()).toBe(1);
    expect(store.runs.get(going).state).toBe("interrupted");
    expect(store.runs.get(ended)).toMatchObject({ state: "done", endedAt: "2026-01-01" });
    expect(() => store.runs.get("r-999")).toThrow(expect.objectContaining({ code: "E_NOT_FOUND" }));
  });

  it("remember the trajectory and revision behind each example", () => {
    const id = store.runs.create(config);
    add("where?");
    store.runPoints.setExamples(id, "train", [{ position: 0, trajectoryId: "T-00001", contentId: 1, numSupervisedTokens: 7 }]);
    expect(store.runPoints.origins(id, "train", 0)).toEqual([
      { position: 0, trajectoryId: "T-00001", contentId: 1, numSupervisedTokens: 7 },
    ]);
    expect(store.runPoints.origins(id, "train", 1)).toEqual([]);
    add("and then?");
    const both = ["T-00002", "T-00001"].map((trajectoryId) => ({ position: 0, trajectoryId, contentId: 1, numSupervisedTokens: 7 }));
    store.runPoints.setExamples(id, "train", both);
    expect(store.runPoints.origins(id, "train", 0)).toEqual(both.toReversed());
    expect(store.runPoints.trainedOn(id)).toEqual(new Set(["T-00001", "T-00002"]));
  });

  it("of before merging say what they did: one window for each trajectory", () => {
    const { truncation: _truncation, mergePrefixes: _merge, ...older } = config;
    const id = store.runs.create(older as RunConfig);
    expect(store.runs.get(id).config).toMatchObject({ truncation: "oneWindow", mergePrefixes: true });
  });
});

describe("evaluations and failures", () => {
  it("list the failures of the newest finished evaluation, counted by code", () => {
    add("where?");
    const run = store.runs.create(runConfigSchema.parse({}));
    const failure = {
      position: 0,
      trajectoryId: "T-00001",
      contentId: 1,
      turnIndex: 2,
      secondary: [],
      title: "t",
      predicted: "p",
      expected: "e",
      diagnosis: { firstWrong: null, span: null },
    };
    const first = store.evaluations.create(run, 10, "heldout");
    store.failures.replace(first, [
      { ...failure, code: "F05" },
      { ...failure, code: "F07" },
    ]);
    expect(store.failures.list(run, { offset: 0, limit: 9 }).total).toBe(0);
    store.evaluations.finish(first, { calls: 2, prompts: 2 } as never);
    expect(store.failures.list(run, { offset: 0, limit: 9 })).toMatchObject({ total: 2, byCode: { F05: 1, F07: 1 } });
    expect(store.failures.list(run, { code: "F07", offset: 0, limit: 9 })).toMatchObject({
      total: 1,
      rows: [{ id: "F-00002", runId: run }],
    });
    expect(store.failures.get("F-00001")).toMatchObject({ evaluationId: first, code: "F05", trajectoryId: "T-00001" });
    expect(store.evaluations.list(run).map((row) => row.measures?.calls)).toEqual([2]);
  });
});
