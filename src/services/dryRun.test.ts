import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTestCore, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import { dryRun } from "./dryRun.ts";
import { startImport } from "./importDataset.ts";
import { previewExport } from "./previewExport.ts";

const chat = (user: string, more: object = {}) => ({
  messages: [
    { role: "user", content: user },
    { role: "assistant", content: null, tool_calls: [{ id: "x1", type: "function", function: { name: "find", arguments: '{"q": 1}' } }] },
    { role: "tool", tool_call_id: "x1", content: "1" },
    { role: "assistant", content: "One.", weight: 0.5 },
  ],
  ...more,
});
const write = (name: string, text: string): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
};

describe("a dry run", () => {
  it("shows the format in words, and what each of the first rows becomes", async () => {
    const path = write(
      "rows.jsonl",
      [JSON.stringify(chat("one")), '{"messages": oops}', JSON.stringify(chat("two")), JSON.stringify(chat("three"))].join("\n"),
    );
    const { files, numFiles } = await dryRun({ paths: [path], limit: 3 });
    expect(numFiles).toBe(1);
    expect(files).toMatchObject([
      {
        name: "rows.jsonl",
        format: "openai-chat",
        why: 'Its rows have "messages" with a "role" each.',
        isWhole: false,
        rows: [
          { rowIndex: 0, outcome: "taken", trajectory: 0 },
          { rowIndex: 1, outcome: "refused", refusal: { code: "E_ROW_JSON", fix: expect.any(String) } },
          { rowIndex: 2, outcome: "taken", trajectory: 1 },
        ],
        trajectories: [
          {
            title: "one",
            numTurns: 4,
            numCalls: 1,
            numTools: 0,
            numWeighted: 1,
            turns: [{ role: "user", text: "one" }, { role: "assistant" }, { role: "tool" }, { text: "Answer: One." }],
          },
          { title: "two" },
        ],
      },
    ]);
    expect((await dryRun({ paths: [path], limit: 50 })).files[0]!.isWhole).toBe(true);
  });

  it("says of each file what keeps it from being read, and goes on with the others", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.jsonl"), JSON.stringify(chat("one")));
    writeFileSync(join(folder, "b.json"), '{"some": "thing"}');
    writeFileSync(join(folder, "notes.txt"), "x");
    const { files, skipped } = await dryRun({ paths: [folder], limit: 5 });
    expect(files.map(({ format, error }) => [format, error?.code])).toEqual([
      ["openai-chat", undefined],
      [null, "E_FORMAT_UNKNOWN"],
    ]);
    expect(skipped).toHaveLength(1);
    await expect(dryRun({ paths: [join(folder, "none")], limit: 5 })).rejects.toMatchObject({ code: "E_FILE_NOT_FOUND" });
  });

  it("shows rows of a path together, and a table's rows", async () => {
    const step = (...items: string[][]) => ({ id: "x", conversations: items.map(([from, value]) => ({ from, value })) });
    const [user, call, result] = [
      ["user", "q"],
      ["assistant", "\nThought: \nAction: a\nAction Input: {}"],
      ["function", "r"],
    ];
    const path = write("rows.json", JSON.stringify([step(user!, call!), step(user!, call!, result!, call!)]));
    const [file] = (await dryRun({ paths: [path], limit: 5 })).files;
    expect(file).toMatchObject({
      format: "toolllama",
      rows: [{ trajectory: 0 }, { trajectory: 0 }],
      trajectories: [{ numTurns: 4 }],
      isWhole: true,
    });
    const table = write("rows.csv", "trajectory,role,text\r\na,user,hi\r\na,assistant,ho\r\nb,user,x\r\nb,robot,y\r\n");
    const [csv] = (await dryRun({ paths: [table], limit: 5 })).files;
    expect(csv!.rows.map((row) => row.outcome)).toEqual(["taken", "taken", "changed", "refused"]);
  });
});

describe("a preview of an export", () => {
  it("shows the first rows and counts what the format would leave out; nothing is written", async () => {
    const core = openTestCore();
    const path = write("rows.jsonl", [1, 2, 3, 4].map((i) => JSON.stringify(chat(`q${i}`))).join("\n"));
    await startImport(core, { paths: [path] }).ended;
    const preview = previewExport(core, { format: "sharegpt", filter: {}, limit: 2 });
    expect(preview).toMatchObject({ total: 4, numTried: 4, numChanged: 4 });
    expect(preview.changes).toContainEqual({ rule: "call-ids-dropped", count: 4, example: expect.stringContaining("ids") });
    expect(preview.files).toHaveLength(1);
    expect(preview.files[0]!.text.trim().split("\n")).toHaveLength(2);
    for (const format of ["huggingface", "parquet", "toolalpaca", "bfcl", "api-bank-dialogue", "csv", "tooleval", "hermes"] as const) {
      const { files } = previewExport(core, { format, filter: {}, limit: 2 });
      expect([format, files.length > 0 && files.every(({ text }) => text !== "")]).toEqual([format, true]);
    }
    expect(previewExport(core, { format: "openai-chat", filter: {}, limit: 1 })).toMatchObject({ numChanged: 0, changes: [] });
    expect(readdirSync(core.paths.exports)).toEqual([]);
    expect(existsSync(join(core.paths.exports, "trajectories.jsonl"))).toBe(false);
  });
});
