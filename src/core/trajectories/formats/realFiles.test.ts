import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { summaryOf } from "../summary.ts";
import { sameWords } from "./recordedRow.ts";
import { detectFormat } from "./detectFormat.ts";
import { readFile, settledRows, upTo, writeFile, writeFiles } from "./formatsTesting.ts";

const DATA = join(import.meta.dirname, "../../../../../shared/data");
const isAbsent = !existsSync(DATA);
const load = (path: string): string => readFileSync(join(DATA, path), "utf8");
/** One of the real files is empty. */
const dialogues = (): readonly string[] =>
  readdirSync(join(DATA, "api-bank/dialogues")).filter((name) => load(`api-bank/dialogues/${name}`) !== "");
const linesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as unknown);
/** Changes that leave the words of a trajectory as they are. */
const HARMLESS = new Set(["metadata-dropped", "turns-not-alternating", "arguments-as-text", "unreadable-text-as-content"]);
const withBeside = (beside: string | undefined) => (beside === undefined ? {} : { beside });
const trees = (): string[] =>
  ["G1_answer", "G2_answer", "G3_answer", "extra"].flatMap((folder) =>
    readdirSync(join(DATA, "toolbench/answer_trees", folder))
      .sort()
      .map((name) => load(`toolbench/answer_trees/${folder}/${name}`)),
  );

describe.skipIf(isAbsent)("real files (skipped where ../shared/data is absent)", () => {
  it("flattens the official tree into exactly the official rows, to the byte", () => {
    const { contents, settled } = readFile("toolbench-tree", load("toolbench/official_demo_tree.json"));
    expect(settled.map((entry) => entry.kind)).toEqual(["trajectory"]);
    expect(writeFile("toolllama", contents)).toBe(load("toolbench/official_demo_rows.json"));
  });

  it("flattens every answer tree into the rows that ToolBench has for it", () => {
    const read = trees().map((text) => readFile("toolbench-tree", text));
    const rows = JSON.parse(
      writeFile(
        "toolllama",
        read.flatMap((file) => file.contents),
      ),
    ) as { id: string }[];
    const expected = JSON.parse(load("toolbench/toolllama_rows.json")) as { id: string }[];
    const ids = new Set(expected.map((row) => row.id));
    expect(rows.filter((row) => ids.has(row.id))).toEqual(expected);
    expect(expected).toHaveLength(41);
    const refused = read.flatMap((file) => file.settled.flatMap((entry) => (entry.kind === "refused" ? [entry.refusal] : [])));
    expect(refused.map(({ code, message }) => [code, message])).toEqual([
      ["E_ROW_NOT_VALID", expect.stringContaining('"valid_data" is false (the search ended with give_answer)')],
    ]);
  });

  it("groups the rows of a path, settles every row once, and writes the same rows again", () => {
    const text = load("toolbench/toolllama_rows.json");
    const first = readFile("toolllama", text);
    expect(settledRows(first)).toEqual(upTo(41));
    expect(first.contents.length).toBeLessThan(25);
    const written = writeFile("toolllama", first.contents);
    expect(JSON.parse(written)).toEqual(JSON.parse(text));
    expect(readFile("toolllama", written).contents).toEqual(first.contents);
    expect(first.contents.every((content) => content.tools.length > 0 && summaryOf(content).numUnreadable === 0)).toBe(true);
    // the API lists need no copy of their text: they come back from the tools alone
    expect(first.contents.every((content) => !JSON.stringify(content.metadata).includes("apiList"))).toBe(true);
  });

  it("makes the same trajectory of a tree and of its rows", () => {
    const [tree] = readFile("toolbench-tree", load("toolbench/official_demo_tree.json")).contents;
    const [path, ...others] = readFile("toolllama", load("toolbench/official_demo_rows.json")).contents;
    expect(others).toEqual([]);
    expect({ ...tree, metadata: { toolllama: tree!.metadata["toolllama"] } }).toEqual(path);
    expect(path!.turns.map((turn) => turn.role)).toEqual([
      "system",
      "user",
      ...Array<string>(3)
        .fill("assistant")
        .flatMap((role) => [role, "tool"]),
      "assistant",
    ]);
    expect(path!.targets).toBeUndefined();
  });

  it("reads ShareGPT with calls and keeps all of it in OpenAI rows and ToolBench rows", () => {
    const first = readFile("sharegpt", load("glaive/sharegpt_toolcalls.json"));
    expect(settledRows(first)).toEqual(upTo(184));
    expect(first.contents).toHaveLength(184);
    expect(first.contents.reduce((sum, content) => sum + summaryOf(content).numCalls, 0)).toBe(121);
    expect(first.contents.reduce((sum, content) => sum + summaryOf(content).numUnreadable, 0)).toBe(0);
    const parts = ({ tools, turns, targets }: (typeof first.contents)[number]) => ({ tools, turns, targets });
    for (const format of ["openai-chat", "toolllama"] as const) {
      const again = readFile(format, writeFile(format, first.contents));
      expect(again.contents.map(parts)).toEqual(first.contents.map(parts));
      expect(readFile(format, writeFile(format, again.contents)).contents).toEqual(again.contents);
    }
  });

  it("carries ToolBench paths through OpenAI rows", () => {
    const first = readFile("toolllama", load("toolbench/toolllama_rows.json"));
    const again = readFile("openai-chat", writeFile("openai-chat", first.contents));
    const parts = ({ tools, turns, targets }: (typeof first.contents)[number]) => ({ tools, turns, targets });
    expect(again.contents.map(parts)).toEqual(first.contents.map(parts));
  });

  it("recognises the formats, and says what it saw where it does not", () => {
    const detect = (path: string, numBytes?: number) => detectFormat(new Uint8Array(readFileSync(join(DATA, path))).subarray(0, numBytes));
    expect(detect("toolbench/official_demo_tree.json")).toMatchObject({ ok: true, format: "toolbench-tree" });
    expect(detect("toolbench/official_demo_tree.json", 5000)).toMatchObject({ ok: true, format: "toolbench-tree" });
    expect(detect("toolbench/toolllama_rows.json")).toMatchObject({ ok: true, format: "toolllama" });
    expect(detect("toolbench/toolllama_rows.json", 9000)).toMatchObject({ ok: true, format: "toolllama" });
    expect(detect("glaive/sharegpt_toolcalls.json", 1500)).toMatchObject({ ok: true, format: "sharegpt" });
    for (const name of readdirSync(join(DATA, "bfcl")).filter((file) => file.endsWith(".json"))) {
      expect(detect(`bfcl/${name}`)).toMatchObject({ ok: true, format: "bfcl" });
    }
    expect(detect("bfcl/possible_answer/BFCL_v4_parallel.json")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("accepted calls"),
    });
    expect(detect("api-bank/all_apis.csv")).toMatchObject({ ok: false, detail: expect.stringContaining("API-Bank's APIs") });
    expect(detect("toolalpaca/eval_simulated.json")).toMatchObject({ ok: true, format: "toolalpaca" });
    expect(detect("toolalpaca/eval_simulated.json", 9000)).toMatchObject({ ok: true, format: "toolalpaca" });
    for (const name of dialogues()) expect(detect(`api-bank/dialogues/${name}`)).toMatchObject({ ok: true, format: "api-bank-dialogue" });
    expect(detect("toolbench/LICENSE")).toMatchObject({ ok: false, detail: expect.stringContaining("which is not JSON") });
    expect(detect("opt-bpe/vocab.json")).toMatchObject({ ok: false });
    expect(detect("api-bank/lv3-api-train.json")).toMatchObject({ ok: true, format: "api-bank" });
  });

  it("takes API-Bank's rows in, and gives equal rows", () => {
    const text = load("api-bank/lv3-api-train.json");
    const first = readFile("api-bank", text);
    expect(settledRows(first)).toEqual(upTo(617));
    expect(first.contents).toHaveLength(617);
    const { text: written, changes } = writeFiles("api-bank", first.contents);
    expect(JSON.parse(written)).toEqual(JSON.parse(text));
    expect(changes.flat()).toEqual([]);
    expect(readFile("api-bank", written).contents).toEqual(first.contents);
    // more than a hundred requests have values without quotes; all of them can be read
    expect(first.contents.filter((content) => summaryOf(content).numUnreadable > 0)).toEqual([]);
    expect(first.contents.every((content) => content.tools.length === 1)).toBe(true);
  });

  it("takes API-Bank's dialogues in with their APIs, and gives equal lines", () => {
    const beside = load("api-bank/all_apis.csv");
    for (const name of dialogues()) {
      const text = load(`api-bank/dialogues/${name}`);
      const first = readFile("api-bank-dialogue", text, { beside });
      expect(first.settled.map((entry) => entry.kind)).toEqual(["trajectory"]);
      const written = writeFiles("api-bank-dialogue", first.contents);
      expect(linesOf(written.files.get("dialogues/T-00001.jsonl")!)).toEqual(linesOf(text));
      expect(written.changes.flat()).toEqual([]);
      const again = readFile(
        "api-bank-dialogue",
        written.files.get("dialogues/T-00001.jsonl")!,
        withBeside(written.files.get("all_apis.csv")),
      );
      expect(again.contents).toEqual(first.contents);
      // the one that all_apis.csv does not have
      const isKnown = (tool: ToolDefinition) =>
        tool.description !== "" || Object.keys(tool.parameters).length > 0 || tool.name === "ToolSearcher";
      expect(first.contents[0]!.tools.filter((tool) => !isKnown(tool))).toEqual([]);
    }
  });

  it("takes ToolAlpaca's instructions in one by one, and gives equal APIs", () => {
    const text = load("toolalpaca/eval_simulated.json");
    const apis = JSON.parse(text) as { Instructions: unknown[]; Function_Description: Record<string, string> }[];
    const numInstructions = apis.reduce((sum, api) => sum + api.Instructions.length, 0);
    const first = readFile("toolalpaca", text);
    expect(numInstructions).toBe(100);
    expect(settledRows(first)).toEqual(upTo(numInstructions));
    const { text: written, changes } = writeFiles("toolalpaca", first.contents);
    expect(JSON.parse(written)).toEqual(apis);
    expect(changes.flat()).toEqual([]);
    expect(readFile("toolalpaca", written).contents).toEqual(first.contents);
    expect(first.contents.every((content) => content.tools.every((tool) => "properties" in tool.parameters))).toBe(true);
  });

  it("takes BFCL's questions in with their accepted calls, and gives equal files", () => {
    for (const name of readdirSync(join(DATA, "bfcl")).filter((file) => file.endsWith(".json"))) {
      const text = load(`bfcl/${name}`);
      const answers = existsSync(join(DATA, "bfcl/possible_answer", name)) ? load(`bfcl/possible_answer/${name}`) : undefined;
      const first = readFile("bfcl", text, withBeside(answers));
      const questions = linesOf(text);
      expect(settledRows(first)).toEqual(upTo(questions.length));
      expect(first.contents).toHaveLength(questions.length);
      const { text: written, files, changes } = writeFiles("bfcl", first.contents);
      expect(linesOf(written)).toEqual(questions);
      expect(linesOf(files.get("possible_answer/trajectories.json") ?? "")).toEqual(linesOf(answers ?? ""));
      expect(changes.flat()).toEqual([]);
      expect(readFile("bfcl", written, withBeside(files.get("possible_answer/trajectories.json"))).contents).toEqual(first.contents);
      const isAnswered = !name.includes("irrelevance");
      expect(first.contents.every((content) => content.turns.some((turn) => turn.role === "assistant") === isAnswered)).toBe(true);
    }
  });

  it("gives the bytes of answer trees back", () => {
    for (const text of trees()) {
      const { contents } = readFile("toolbench-tree", text);
      const written = writeFiles("toolbench-tree", contents, [{ original: () => text.trim() }]);
      expect([...written.files.values()]).toEqual(contents.map(() => text.trim()));
    }
  });

  const everything = () => [
    ...readFile("toolllama", load("toolbench/toolllama_rows.json")).contents,
    ...readFile("sharegpt", load("glaive/sharegpt_toolcalls.json")).contents,
    ...readFile("api-bank", load("api-bank/lv3-api-train.json")).contents.slice(0, 100),
    ...readFile("api-bank-dialogue", load(`api-bank/dialogues/${dialogues()[0]!}`), { beside: load("api-bank/all_apis.csv") }).contents,
    ...readFile("toolalpaca", load("toolalpaca/eval_simulated.json")).contents,
    ...readFile("bfcl", load("bfcl/BFCL_v4_parallel.json"), { beside: load("bfcl/possible_answer/BFCL_v4_parallel.json") }).contents,
  ];

  it("carries every real trajectory through every format: what comes back is equal, or the changes say what is not", () => {
    const contents = everything();
    for (const format of ["trl", "sharegpt", "hermes", "tooleval", "csv"] as const) {
      const { text, changes } = writeFiles(format, contents);
      const again = readFile(format, text);
      expect(again.settled.filter((entry) => entry.kind === "refused")).toEqual([]);
      expect(again.contents).toHaveLength(contents.length);
      contents.forEach((content, i) => {
        const named = changes[i]!.filter((change) => !HARMLESS.has(change.rule));
        const isEqual = sameWords(again.contents[i], content);
        expect([format, i, isEqual, named]).toEqual([format, i, named.length === 0, named]);
      });
      // once it is in the format, nothing is lost any more
      const third = writeFiles(format, again.contents);
      expect(readFile(format, third.text).contents).toEqual(again.contents);
    }
  });
});
