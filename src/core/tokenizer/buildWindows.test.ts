import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MASK_MODES, TRUNCATIONS, type TokenizedExample } from "#contracts/example.ts";
import type { Trajectory, TrajectoryContent, TrajectoryId, Turn } from "#contracts/trajectory.ts";
import { readFile } from "#core/trajectories/formats/formatsTesting.ts";
import { toolllamaRowsOf } from "#core/trajectories/formats/toolllamaWriter.ts";
import { renderTrajectory } from "./chatTemplate.ts";
import { buildExample, targetTurns } from "./buildExample.ts";
import { buildWindows, rowsOf, type PathWindow, type WindowOptions } from "./buildWindows.ts";
import { loadTokenizer } from "./loadTokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { countWords, trainBpe } from "./trainBpe.ts";

const words = (count: number, word: string): string => `${word} `.repeat(count).trim();
const LETTERS = "ABCDEF";
const step = (n: number, size = 20): Turn[] => [
  { role: "assistant", calls: [], raw: words(5, `think${LETTERS[n]}`) },
  { role: "tool", content: words(size, `found${LETTERS[n]}`) },
];
const trajectory = (turns: readonly Turn[], more: Partial<Trajectory> = {}): Trajectory => ({
  id: "T-00001" as TrajectoryId,
  split: "train",
  tools: [],
  turns,
  metadata: {},
  ...more,
});
/** Each word is one token or two (its space). */
const tokenizerOf = (content: Trajectory): Tokenizer =>
  loadTokenizer({
    name: "words",
    tokenizerJson: JSON.stringify(trainBpe(countWords([renderTrajectory(content)]), { vocabSize: 100_000 })),
  });

const PATH = trajectory([
  { role: "system", content: words(30, "rule") },
  { role: "user", content: words(10, "task") },
  ...Array.from({ length: 6 }, (_, n) => step(n)).flat(),
  { role: "assistant", calls: [], answer: "done" },
]);
const tokenizer = tokenizerOf(PATH);
const build = (content: Trajectory, over: Partial<WindowOptions> = {}, using = tokenizer) =>
  buildWindows(content, using, { maxLength: 200, maskMode: "allAssistantTurns", truncation: "pathWindows", ...over });

const trainedTokens = ({ inputIds, lossMask }: TokenizedExample): number[] => [...inputIds].filter((_, t) => lossMask[t] === 1);
const trainedTurns = ({ turnIndices, lossMask }: TokenizedExample): number[] => [
  ...new Set([...turnIndices].filter((_, t) => lossMask[t] === 1)),
];
const cutTokens = ({ cuts }: TokenizedExample): number => cuts.reduce((sum, cut) => sum + cut.numTokens, 0);

describe("windows of a path", () => {
  it("are the example itself where it fits, and its rows are its beginnings", () => {
    const outcome = build(PATH, { maxLength: 10_000 });
    const whole = buildExample(PATH, tokenizer, { maxLength: 10_000, maskMode: "allAssistantTurns" });
    expect(outcome.windows).toHaveLength(1);
    expect(outcome.windows[0]!.example).toEqual(whole.ok && whole.example);
    const rows = rowsOf(outcome.windows[0]!);
    expect(rows.map(trainedTurns)).toEqual([[2], [4], [6], [8], [10], [12], [14]]);
    for (const row of rows) {
      expect(row.inputIds).toEqual(outcome.windows[0]!.example.inputIds.slice(0, row.inputIds.length));
      expect(row.turnIndices.at(-1)).toBe(trainedTurns(row)[0]);
      expect(row.fullLength).toBe(row.inputIds.length);
    }
  });

  it("keep rows that fit whole, and give later ones the task and the steps before them", () => {
    const { windows, refusals } = build(PATH);
    expect(refusals).toEqual([]);
    expect(windows.map(({ example }) => trainedTurns(example))).toEqual([
      [2, 4, 6],
      [8, 10],
      [12, 14],
    ]);
    expect(windows[0]!.example.cuts).toEqual([]);
    for (const { example } of windows.slice(1)) {
      const text = tokenizer.decode(example.inputIds);
      expect(text).toMatch(/^<\/s><\|system\|>rule rule.*<\|user\|>task/);
      expect(example.inputIds.length).toBeLessThanOrEqual(200);
      // a step before the first row of the window, with its result, whole
      expect(text).toContain(words(20, `found${LETTERS[trainedTurns(example)[0]! / 2 - 2]}`));
    }
  });

  it("name each turn that was dropped and how many tokens that were", () => {
    const { example } = build(PATH).windows[2]!;
    expect(example.cuts.at(-1)).toMatchObject({
      kind: "oldestTurn",
      what: expect.stringContaining("assistant text in turn 2, result in turn 3"),
    });
  });

  it("keep the question that a row answers when its steps alone fill the window", () => {
    const long = trajectory([
      { role: "user", content: "first" },
      { role: "assistant", calls: [], answer: "one" },
      { role: "user", content: "second question" },
      ...Array.from({ length: 6 }, (_, n) => step(n)).flat(),
      { role: "assistant", calls: [], answer: "two" },
    ]);
    const using = tokenizerOf(long);
    const { windows } = build({ ...long, targets: [15] }, {}, using);
    expect(windows).toHaveLength(1);
    expect(using.decode(windows[0]!.example.inputIds)).toMatch(/<\|user\|>second question<\|assistant\|>think/);
  });

  it("count what follows the last turn trained on", () => {
    const { windows } = build({ ...PATH, targets: [10] });
    expect(windows[0]!.example.cuts.at(-1)).toMatchObject({
      kind: "laterTurn",
      what: "result in turn 11, assistant text in turn 12, result in turn 13, assistant text in turn 14",
    });
    expect(windows[0]!.example.fullLength).toBe(build(PATH, { maxLength: 10_000 }).windows[0]!.example.fullLength);
  });

  it("train every token of a turn once in full-sequence modelling", () => {
    const { windows } = build(PATH, { maskMode: "everything" });
    expect(windows.length).toBeGreaterThan(1);
    const trained = windows.flatMap(({ example }) => trainedTurns(example));
    expect(trained).toEqual([...new Set(trained)]);
    expect([...windows[0]!.example.lossMask].slice(1)).not.toContain(0);
  });

  it("refuse the one row that fits no window, and keep the others", () => {
    const giant = trajectory([...PATH.turns.slice(0, -1), { role: "assistant", calls: [], raw: words(150, "endless") }]);
    const { windows, refusals, numRows } = build(giant, {}, tokenizerOf(giant));
    expect(refusals).toMatchObject([{ code: "E_EXAMPLE_TOO_LONG" }]);
    expect(numRows).toBe(7);
    expect(windows.flatMap(({ example }) => trainedTurns(example))).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it("condense the whole trajectory into one where that is asked for", () => {
    const { windows } = build(PATH, { truncation: "oneWindow", maxLength: 300 });
    expect(windows.map(({ example }) => trainedTurns(example))).toEqual([[2, 4, 6, 8, 10, 12, 14]]);
    expect(build(PATH, { truncation: "oneWindow", maxLength: 100 })).toMatchObject({
      windows: [],
      refusals: [{ code: "E_EXAMPLE_TOO_LONG" }],
    });
  });
});

const DATA = join(import.meta.dirname, "../../../../shared/data");
const hasData = existsSync(join(DATA, "toolbench/toolllama_rows.json")) && existsSync(join(DATA, "opt-bpe"));

describe.skipIf(!hasData)("on real ToolBench rows (skipped where ../shared/data is absent)", () => {
  const load = (path: string): string => (hasData ? readFileSync(join(DATA, path), "utf8") : "");
  const opt = hasData
    ? loadTokenizer({ name: "opt", vocabJson: load("opt-bpe/vocab.json"), mergesText: load("opt-bpe/merges.txt") })
    : null!;
  const imported = hasData ? readFile("toolllama", load("toolbench/toolllama_rows.json")).contents.map(withId) : [];
  /** Texts to the letter: the API list stays in the system text, as ToolBench trains it. */
  const asRecorded = imported.map((content) => {
    const { conversations } = toolllamaRowsOf(content).rows[0]!;
    return { ...content, tools: [], turns: content.turns.with(0, { role: "system", content: conversations[0]!.value }) };
  });

  function withId(content: TrajectoryContent, i: number): Trajectory {
    return { ...content, id: `T-0000${i}` as TrajectoryId, split: "train" };
  }
  const windowsOf = (contents: readonly Trajectory[], over: Partial<WindowOptions> = {}): readonly PathWindow[] =>
    contents.flatMap((content) => build(content, { maxLength: 2048, ...over }, opt).windows);
  const tokensOf = (examples: readonly TokenizedExample[]): number => examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const gainOf = (windows: readonly PathWindow[]): number =>
    tokensOf(windows.flatMap(rowsOf)) / tokensOf(windows.map(({ example }) => example));

  it("trains 41 rows as at least 1.8 times fewer tokens at 2,048, the same cuts one by one", () => {
    for (const contents of [imported, asRecorded]) {
      const windows = windowsOf(contents);
      expect(windows.flatMap(rowsOf)).toHaveLength(41);
      expect(windows.length).toBeLessThanOrEqual(20);
      expect(gainOf(windows)).toBeGreaterThan(1.8);
    }
  });

  it("trains them as 2.3 times fewer without a limit", () => {
    expect(gainOf(windowsOf(asRecorded, { maxLength: 1_000_000 }))).toBeGreaterThan(2.3);
    // tools as signature lines: shorter beginnings leave less to share
    expect(gainOf(windowsOf(imported, { maxLength: 1_000_000 }))).toBeGreaterThan(2.25);
  });

  it("never loses a target, counts every token it cuts, stays within the window and repeats itself", () => {
    let numCut = 0;
    for (const maskMode of MASK_MODES) {
      for (const truncation of TRUNCATIONS) {
        for (const maxLength of [128, 256, 512, 777, 1024, 2048]) {
          for (const content of imported) {
            const options = { maxLength, maskMode, truncation };
            const outcome = build(content, options, opt);
            expect(build(content, options, opt)).toEqual(outcome);
            for (const { example } of outcome.windows) {
              expect(example.inputIds.length).toBeLessThanOrEqual(maxLength);
              expect(example.fullLength).toBe(example.inputIds.length + cutTokens(example));
              numCut += example.cuts.length;
            }
            if (maskMode === "everything") continue;
            const rows = outcome.windows.flatMap(rowsOf);
            const whole = rowsOf(build(content, { maskMode, maxLength: 1_000_000 }, opt).windows[0]!);
            const refusedRows = outcome.windows.length === 0 ? outcome.numRows : outcome.refusals.length;
            expect(rows.length + refusedRows).toBe(targetTurns(content, maskMode).length);
            for (const row of rows) {
              const [turn] = trainedTurns(row);
              expect(trainedTokens(row)).toEqual(trainedTokens(whole.find((one) => trainedTurns(one)[0] === turn)!));
            }
          }
        }
      }
    }
    expect(numCut).toBeGreaterThan(1000);
  });
});
