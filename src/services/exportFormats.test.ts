import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { hasSharedData, openTestCore, SHARED_DATA, SHARED_DATA_REASON, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import type { ExportFormat } from "#contracts/imports.ts";
import { readFile, writeFiles } from "#core/trajectories/formats/formatsTesting.ts";
import type { Core } from "./core.ts";
import { startExport } from "./exportDataset.ts";
import type { ExportResult } from "./exportFiles.ts";
import { startImport, type ImportResult } from "./importDataset.ts";

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "weather", description: 'Says, of a city:\n"the weather"', parameters } }];
const call = (id: string, city: string) => ({
  id,
  type: "function",
  function: { name: "weather", arguments: `{"city":  ${JSON.stringify(city)}}` },
});
const ROWS = [
  {
    messages: [
      { role: "system", content: "Be brief, = and kind" },
      { role: "user", content: 'Köln; and "Bonn"?\r\nBoth, please\t!' },
      { role: "assistant", content: null, tool_calls: [call("a", "Köln"), call("b", "Bonn")] },
      { role: "tool", tool_call_id: "b", name: "weather", content: '{"sky": "grey"}' },
      { role: "tool", tool_call_id: "a", content: "" },
      { role: "assistant", content: "Grey.", weight: 0.5 },
      { role: "user", content: "Thanks" },
      { role: "assistant", content: "", weight: 0 },
    ],
    tools,
    split: "test",
  },
  ...Array.from({ length: 30 }, (_, i) => ({
    messages: [
      { role: "user", content: `Question ${i}` },
      { role: "assistant", content: `Answer ${i}` },
    ],
    note: i,
  })),
];

async function importInto(core: Core, ...paths: string[]): Promise<ImportResult> {
  const job = await startImport(core, { paths }).ended;
  expect(job.error).toBeNull();
  return job.result as ImportResult;
}

async function exportFrom(core: Core, format: ExportFormat): Promise<ExportResult & { readonly directory: string }> {
  const directory = join(temporaryFolder(), "out");
  const job = await startExport(core, { format, directory, filter: {} }).ended;
  expect(job.error).toBeNull();
  const result = job.result as ExportResult;
  const there = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(there.map((entry) => join(entry.parentPath, entry.name)).sort()).toEqual([...result.files].sort());
  return { ...result, directory };
}

const bytesOf = (path: string): ArrayBuffer => Uint8Array.from(readFileSync(path)).buffer;
const contentsOf = (core: Core): string[] =>
  [...core.store.trajectories.each()].map((each) => `${each.trajectory.split} ${each.contentHash}`).sort();

async function coreWith(rows: readonly object[]): Promise<Core> {
  const core = openTestCore();
  const file = join(temporaryFolder(), "rows.jsonl");
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await importInto(core, file);
  return core;
}

const EXACT = ["csv", "parquet", "huggingface", "huggingface-jsonl"] as const;

describe("an export that is imported again", () => {
  it.each(EXACT)("has the same trajectories, to the hash, in the same splits: %s", async (format) => {
    const core = await coreWith(ROWS);
    const exported = await exportFrom(core, format);
    expect(exported).toMatchObject({ trajectories: ROWS.length, changed: 0 });
    const other = openTestCore();
    const again = await importInto(other, exported.directory);
    expect(again.refused).toBe(0);
    expect(contentsOf(other)).toEqual(contentsOf(core));
  });

  it.each(["toolbench-tree", "api-bank-dialogue"] as const)(
    "is a file for each trajectory, or says why there is none: %s",
    async (format) => {
      const core = await coreWith(ROWS);
      const exported = await exportFrom(core, format);
      const numFiles = exported.files.filter((file) => /T-\d+\.jsonl?$/.test(file)).length;
      expect(numFiles).toBe(format === "toolbench-tree" ? 0 : ROWS.length);
      if (format !== "toolbench-tree") return;
      expect(exported).toMatchObject({ rows: 0, changed: ROWS.length });
      expect(readFileSync(join(exported.directory, "export-ledger.jsonl"), "utf8")).toContain("no-answer-tree");
    },
  );
});

describe("a Hugging Face data set folder", () => {
  it("has the splits as files, named as the hub wants them, and a card that points at them", async () => {
    const core = await coreWith(ROWS);
    const { directory } = await exportFrom(core, "huggingface");
    const names = readdirSync(join(directory, "data")).sort();
    expect(names).toEqual(["test-00000-of-00001.parquet", "train-00000-of-00001.parquet", "validation-00000-of-00001.parquet"]);
    const card = readFileSync(join(directory, "README.md"), "utf8");
    expect(card).toMatch(/^---\nlicense: unknown\n/);
    for (const split of ["train", "validation", "test"]) expect(card).toContain(`- split: ${split}\n        path: data/${split}-*.parquet`);
    expect(card).toContain(`${ROWS.length} recorded conversations`);
    const [row] = await parquetReadObjects({ file: bytesOf(join(directory, "data", names[0]!)) });
    expect(row).toMatchObject({
      split: "test",
      messages: [
        { role: "system" },
        { role: "user" },
        { role: "assistant", tool_calls: [{ id: "a", function: { name: "weather", arguments: '{"city":  "Köln"}' } }, { id: "b" }] },
        { role: "tool", tool_call_id: "b", name: "weather" },
        { role: "tool" },
        { role: "assistant", content: "Grey.", weight: 0.5 },
        { role: "user" },
        { role: "assistant", weight: 0 },
      ],
    });
    expect(JSON.parse(row!["tools"] as string)).toEqual(tools);
  });

  it("is one that the hub's library can load: a config of the card for each file, and the same columns in each", async () => {
    const core = await coreWith(ROWS);
    const { directory } = await exportFrom(core, "huggingface");
    const [, frontMatter] = readFileSync(join(directory, "README.md"), "utf8").split(/^---$/m);
    const card = parseYaml(frontMatter!) as { configs: { config_name: string; data_files: { split: string; path: string }[] }[] };
    expect(card.configs.map((config) => config.config_name)).toEqual(["default"]);
    const files = readdirSync(join(directory, "data")).map((name) => `data/${name}`);
    const named = card.configs[0]!.data_files.map(({ split, path }) => [split, files.filter((file) => matchesGlob(file, path))] as const);
    expect(named.flatMap(([, of]) => of).sort()).toEqual(files.sort());
    const columns: string[] = [];
    let numRows = 0;
    for (const [split, [file]] of named) {
      const bytes = bytesOf(join(directory, file!));
      const { schema } = parquetMetadata(bytes);
      columns.push(
        JSON.stringify(
          schema.map(({ name, type, repetition_type: repetition, logical_type: logical }) => [name, type, repetition, logical]),
        ),
      );
      const rows = await parquetReadObjects({ file: bytes });
      expect(rows.every((row) => row["split"] === split)).toBe(true);
      numRows += rows.length;
    }
    expect([new Set(columns).size, numRows]).toEqual([1, ROWS.length]);
  });
});

describe("a Parquet file", () => {
  const write = (columns: Record<string, unknown[]>, rowGroupSize = 2): string => {
    const filename = join(temporaryFolder(), "rows.parquet");
    const columnData = Object.entries(columns).map(([name, data]) => ({ name, data, type: "STRING" as const }));
    parquetWriteFile({ filename, columnData, rowGroupSize });
    return filename;
  };
  const conversations = (i: number): string =>
    JSON.stringify([
      { from: "human", value: `q${i}` },
      { from: "gpt", value: "a" },
    ]);

  it("may hold rows of any format, its lists as JSON text", async () => {
    const core = openTestCore();
    const file = write({ conversations: [0, 1, 2].map(conversations), tools: ["[]", null, "[]"], note: ["x", null, "z"] });
    expect(await importInto(core, file)).toMatchObject({ rows: 3, refused: 0, trajectories: 3 });
    const [first, second] = [...core.store.trajectories.each()].map(({ trajectory }) => trajectory);
    expect(first!.turns.map((turn) => turn.role)).toEqual(["user", "assistant"]);
    expect([first!.metadata["fields"], second!.metadata["fields"]]).toEqual([{ note: "x" }, undefined]);
  });

  it("with a damaged row group loses the rows of that group only, each with its reason", async () => {
    const core = openTestCore();
    const file = write({ conversations: Array.from({ length: 6 }, (_, i) => conversations(i)) });
    const { row_groups: groups } = parquetMetadata(bytesOf(file));
    const chunk = groups[1]!.columns[0]!.meta_data!;
    const handle = openSync(file, "r+");
    writeSync(handle, Buffer.alloc(20, 0xff), 0, 20, Number(chunk.dictionary_page_offset ?? chunk.data_page_offset));
    closeSync(handle);
    const result = await importInto(core, file);
    expect(result).toMatchObject({ rows: 6, refused: 2, trajectories: 4 });
    const refused = core.store.sources.ledger(1, { outcome: "refused", offset: 0, limit: 10 }).rows;
    expect(refused.map((row) => [row.rowIndex, row.refusal!.code])).toEqual([
      [2, "E_ROW_COLUMNS"],
      [3, "E_ROW_COLUMNS"],
    ]);
  });

  it("that ends early, or holds columns of no format, is refused with what is wrong", async () => {
    const core = openTestCore();
    const file = write({ conversations: [conversations(0)] });
    writeFileSync(file, readFileSync(file).subarray(0, 40));
    const job = await startImport(core, { paths: [file] }).ended;
    expect(job.error).toMatchObject({ code: "E_FILE_DAMAGED" });
    const other = await importInto(core, write({ a: ["1"], b: ["2"] }));
    expect(other).toMatchObject({ rows: 1, refused: 1, trajectories: 0 });
  });
});

it("BFCL's questions and API-Bank's dialogues are read with what lies beside them", async () => {
  const core = openTestCore();
  const folder = temporaryFolder();
  mkdirSync(join(folder, "possible_answer"));
  mkdirSync(join(folder, "dialogues"));
  // with a field and a row that nothing here reads
  const answers = `${JSON.stringify({ id: "simple_0", ground_truth: [{ weather: { city: ["Köln", "Cologne"] } }], checked: "by hand" })}\n`;
  const apis =
    "id,类名,类型,input_parameters,api_info\n1,Find,搜索,(q: str),\"description = \"\"Finds.\"\"\ninput_parameters = {'q': {'type': 'str'}}\"\n2,Unused,其他,(n: int),\n";
  const question = {
    id: "simple_0",
    question: [[{ role: "user", content: "Köln?" }]],
    function: [{ name: "weather", description: "", parameters }],
  };
  writeFileSync(join(folder, "simple.json"), `${JSON.stringify(question)}\n`);
  writeFileSync(join(folder, "possible_answer/simple.json"), answers);
  writeFileSync(join(folder, "all_apis.csv"), apis);
  const dialogue = [
    { role: "User", text: "Find x" },
    {
      role: "API",
      api_name: "Find",
      param_dict: { q: "x" },
      result: { api_name: "Find", input: { q: "x" }, output: [1], exception: null },
    },
  ];
  writeFileSync(join(folder, "dialogues/one.jsonl"), dialogue.map((line) => JSON.stringify(line)).join("\n"));
  const result = await importInto(core, folder);
  expect(result).toMatchObject({ refused: 0, trajectories: 2 });
  expect(result.skipped.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^it belongs to \S+one\.jsonl, and was read and kept with it$/u),
    expect.stringMatching(/^it belongs to \S+simple\.json, and was read and kept with it$/u),
  ]);
  const read = [...core.store.trajectories.each()].map(({ trajectory }) => trajectory);
  expect(
    read.map(({ turns }) => turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map((each) => each.argumentsText) : []))),
  ).toEqual([['{"q":"x"}'], ['{"city":"Köln"}']]);
  expect(read[0]!.tools).toMatchObject([{ name: "Find", description: "Finds.", parameters: { properties: { q: { type: "str" } } } }]);

  // both are kept as they are, and go out again with what they came in with
  rmSync(folder, { recursive: true });
  const sources = core.store.sources.list();
  expect(sources.map(({ beside }) => beside.map(({ name }) => name))).toEqual([["../all_apis.csv"], ["possible_answer/simple.json"]]);
  const kept = sources.flatMap(({ id }) =>
    core.store.sources.beside(id).map(({ sha256 }) => readFileSync(join(core.paths.sources, sha256), "utf8")),
  );
  expect(kept).toEqual([apis, answers]);
  const bfcl = await exportFrom(core, "bfcl");
  expect(readFileSync(join(bfcl.directory, "possible_answer/trajectories.json"), "utf8")).toContain(answers);
  const dialogues = await exportFrom(core, "api-bank-dialogue");
  expect(readFileSync(join(dialogues.directory, "all_apis.csv"), "utf8").startsWith(apis)).toBe(true);
});

it("BFCL questions with their answers come in again equal, also those that share an id", async () => {
  const core = openTestCore();
  const question = (id: string, city: string) => ({
    id,
    question: [[{ role: "user", content: `${city}?` }]],
    function: [{ name: "weather", description: "", parameters }],
  });
  const answer = (id: string, ...city: string[]) => ({ id, ground_truth: [{ weather: { city } }] });
  const lines = (...rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const folders = [["Köln", "Cologne"], ["Bonn"]].map((cities, i) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "possible_answer"));
    writeFileSync(join(folder, `v${i}.json`), lines(question("simple_0", cities[0]!), question("irrelevance_0", `${cities[0]}, all well`)));
    writeFileSync(join(folder, `possible_answer/v${i}.json`), lines(answer("simple_0", ...cities)));
    return folder;
  });
  await importInto(core, ...folders);
  const exported = await exportFrom(core, "bfcl");
  expect(exported.changed).toBe(0);
  const other = openTestCore();
  await importInto(other, exported.directory);
  expect(contentsOf(other)).toEqual(contentsOf(core));
});

it("a question without calls that shares the id of one with calls is named in the ledger of the export", () => {
  const row = (more: object) => JSON.stringify({ id: "simple_0", question: [[{ role: "user", content: "Bonn?" }]], function: [], ...more });
  const contents = [row({ ground_truth: [{ weather: {} }] }), row({})].flatMap((text) => readFile("bfcl", text).contents);
  expect(writeFiles("bfcl", contents, []).changes.map((changes) => changes.map(({ rule }) => rule))).toEqual([[], ["answers-of-another"]]);
});

it("answers that lie beside questions that are here already are said not to be read", async () => {
  const core = openTestCore();
  const folder = temporaryFolder();
  const file = join(folder, "simple.json");
  writeFileSync(file, `${JSON.stringify({ id: "simple_0", question: "Bonn?", function: [] })}\n`);
  expect((await importInto(core, folder)).skipped).toEqual([]);
  mkdirSync(join(folder, "possible_answer"));
  writeFileSync(join(folder, "possible_answer/simple.json"), `${JSON.stringify({ id: "simple_0", ground_truth: [{ weather: {} }] })}\n`);
  const again = await importInto(core, folder);
  expect(again).toMatchObject({ alreadyImported: 1, trajectories: 1 });
  expect(again.skipped).toEqual([
    { path: join(folder, "possible_answer/simple.json"), reason: expect.stringContaining("read without it") },
  ]);
});

it("a tool that was edited goes out as it is now, whatever its recorded description says", () => {
  const apis = '类名,api_info\nFind,"description = ""Finds.""\ninput_parameters = {}"\n';
  const [content] = readFile("api-bank-dialogue", '{"role":"API","api_name":"Find","param_dict":{}}', { beside: apis }).contents;
  const edited = { ...content!, tools: content!.tools.map((tool) => ({ ...tool, description: "Finds all." })) };
  const written = writeFiles("api-bank-dialogue", [edited], [{ beside: () => apis }]);
  const [again] = readFile("api-bank-dialogue", [...written.files.values()][0]!, { beside: written.files.get("all_apis.csv")! }).contents;
  expect([again!.tools, written.changes]).toEqual([edited.tools, [[]]]);
  const plain = writeFiles("api-bank-dialogue", [content!], [{ beside: () => apis }]);
  expect(plain.files.get("all_apis.csv")).toBe(apis);
});

describe.skipIf(!hasSharedData)(`real data (${SHARED_DATA_REASON})`, () => {
  it("of every format comes in, and goes through tables to the hash", { timeout: 240_000 }, async () => {
    const core = openTestCore();
    const folders = ["toolbench", "glaive", "bfcl", "api-bank", "toolalpaca"].map((name) => join(SHARED_DATA, name));
    const result = await importInto(core, ...folders);
    expect(result.refused).toBe(1);
    for (const format of ["csv", "parquet"] as const) {
      const exported = await exportFrom(core, format);
      const other = openTestCore();
      expect([format, exported.changed]).toEqual([format, 0]);
      expect(await importInto(other, exported.directory)).toMatchObject({ refused: 0 });
      expect(contentsOf(other)).toEqual(contentsOf(core));
    }
    const trees = await exportFrom(core, "toolbench-tree");
    const isTree = core.store.sources.list().filter((source) => source.format === "toolbench-tree");
    expect(trees.files.length - 1).toBe(isTree.reduce((sum, source) => sum + source.counts.trajectories, 0));
  });
});
