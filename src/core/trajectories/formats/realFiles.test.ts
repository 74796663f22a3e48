import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { summaryOf } from "../summary.ts";
import { detectFormat } from "./detectFormat.ts";
import { readFile, settledRows, upTo, writeFile } from "./formatsTesting.ts";

const DATA = join(import.meta.dirname, "../../../../../shared/data");
const isAbsent = !existsSync(DATA);
const load = (path: string): string => readFileSync(join(DATA, path), "utf8");
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
    expect(detect("bfcl/BFCL_v4_parallel.json")).toEqual({
      ok: false,
      detail: 'its first row has the fields "id", "question", "function", which none of the formats has',
    });
    expect(detect("toolbench/LICENSE")).toMatchObject({ ok: false, detail: expect.stringContaining("which is not JSON") });
    expect(detect("opt-bpe/vocab.json")).toMatchObject({ ok: false });
    expect(detect("api-bank/lv3-api-train.json")).toMatchObject({ ok: false });
  });
});
