import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasSharedData, openTestCore, SHARED_DATA, SHARED_DATA_REASON, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";
import type { TaskControl } from "./dataTask.ts";
import { importFiles } from "./importFiles.ts";
import { startExport } from "./exportDataset.ts";
import type { ExportResult } from "./exportFiles.ts";
import { startImport, type ImportRequest, type ImportResult } from "./importDataset.ts";
import { getTrajectory, listTrajectories } from "./trajectories.ts";
import { findInputFiles } from "./inputFiles.ts";
import { startIndexing } from "./startIndexing.ts";

const chatRow = (user: string, more: object = {}): string =>
  JSON.stringify({
    messages: [
      { role: "user", content: user },
      { role: "assistant", content: `You said ${user}` },
    ],
    tools: [],
    ...more,
  });

async function importInto(core: Core, ...paths: string[]): Promise<ImportResult> {
  const job = await startImport(core, { paths }).ended;
  expect(job.error).toBeNull();
  return job.result as ImportResult;
}

async function failedImport(core: Core, request: ImportRequest) {
  const job = await startImport(core, request).ended;
  expect(job.state).toBe("failed");
  return job.error!;
}

/** The workspace is as good as before: a row comes in. */
async function expectUsable(core: Core): Promise<void> {
  const file = join(temporaryFolder(), "good.jsonl");
  writeFileSync(file, `${chatRow("still there?")}\n`);
  expect(await importInto(core, file)).toMatchObject({ rows: 1, trajectories: 1 });
}

const ledgerOf = (core: Core, sourceId: number) => core.store.sources.ledger(sourceId, { offset: 0, limit: 500 }).rows;
const contentsOf = (core: Core): string[] => [...core.store.trajectories.each()].map((each) => each.contentHash).sort();

async function indexed(core: Core): Promise<void> {
  for (let started = startIndexing(core); started !== null; started = startIndexing(core)) await started.ended;
}

describe("an import", () => {
  it("settles every row, keeps the file to the byte, and points into it", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    const text = `${chatRow("one")}\n{"messages": "none"}\n${chatRow("drei Äpfel")}\n`;
    writeFileSync(file, text);
    const result = await importInto(core, file);
    expect(result).toMatchObject({ rows: 3, refused: 1, trajectories: 2, alreadyImported: 0 });
    expect(result.taken + result.changed).toBe(2);
    const [source] = core.store.sources.list();
    expect(source).toMatchObject({ name: "rows.jsonl", format: "openai-chat", finished: true, numBytes: Buffer.byteLength(text) });
    const kept = readFileSync(join(core.paths.sources, createHash("sha256").update(text).digest("hex")));
    expect(kept.toString()).toBe(text);
    const rows = ledgerOf(core, source!.id);
    expect(rows.map((row) => kept.subarray(row.byteOffset, row.byteOffset + row.byteLength).toString())).toEqual(text.trim().split("\n"));
    expect(rows[1]!.refusal).toMatchObject({ code: "E_ROW_SHAPE", fix: expect.stringContaining("neighbours") });
    expect(getTrajectory(core, rows[2]!.trajectoryId!)).toMatchObject({
      summary: { title: "drei Äpfel", source: "rows.jsonl", revision: 1 },
      origin: { path: file, rows: [{ rowIndex: 2 }] },
      revision: { number: 1, author: "import" },
    });
  });

  it("adds nothing when the same file comes again, under whatever name", async () => {
    const core = openTestCore();
    const folder = temporaryFolder();
    for (const name of ["a.jsonl", "b.jsonl"]) writeFileSync(join(folder, name), `${chatRow("one")}\n${chatRow("two")}\n`);
    const first = await importInto(core, join(folder, "a.jsonl"));
    const second = await importInto(core, join(folder, "b.jsonl"));
    expect(second).toMatchObject({ rows: 2, trajectories: first.trajectories, alreadyImported: 2, sourceIds: first.sourceIds });
    expect(core.store.trajectories.count()).toBe(2);
    expect(readdirSync(core.paths.sources)).toHaveLength(1);
  });

  it("adds only what is new of a file that was corrected and is imported again", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(file, [chatRow("one"), '{"messages": oops}', chatRow("twice"), chatRow("twice")].join("\n"));
    expect(await importInto(core, file)).toMatchObject({ rows: 4, refused: 1, trajectories: 3 });
    writeFileSync(file, [chatRow("one"), chatRow("mended"), chatRow("twice"), chatRow("twice"), chatRow("twice")].join("\n"));
    const result = await importInto(core, file);
    expect(result).toMatchObject({ rows: 5, refused: 0, trajectories: 2, alreadyImported: 3 });
    const titles = core.store.trajectories.summaries([1, 2, 3, 4, 5]).map((row) => row.title);
    expect(titles).toEqual(["one", "twice", "twice", "mended", "twice"]);
    expect(ledgerOf(core, result.sourceIds[0]!).map((row) => row.trajectoryId)).toEqual([
      "T-00001",
      "T-00004",
      "T-00002",
      "T-00003",
      "T-00005",
    ]);
    expect(getTrajectory(core, "T-00002").origin.rows).toEqual([expect.objectContaining({ rowIndex: 2 })]);
  });

  it("takes the split that a row names, and holds out a query with all its answers", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    const rows = Array.from({ length: 400 }, (_, i) => chatRow(`Question ${i % 200}${i < 200 ? "" : " "}`));
    writeFileSync(file, [...rows, chatRow("named", { metadata: { split: "test" } })].join("\n"));
    await importInto(core, file);
    const byQuery = new Map<string, Set<string>>();
    for (const { title, split } of core.store.trajectories.summaries(Array.from({ length: 401 }, (_, i) => i + 1))) {
      byQuery.set(title, (byQuery.get(title) ?? new Set()).add(split));
    }
    expect([...byQuery.values()].every((splits) => splits.size === 1)).toBe(true);
    expect(byQuery.get("named")).toEqual(new Set(["test"]));
    const heldOut = [...byQuery.values()].filter((splits) => splits.has("validation")).length;
    expect(heldOut).toBeGreaterThan(5);
    expect(heldOut).toBeLessThan(40);
  });

  it("walks folders in order and notes what it leaves out", async () => {
    const core = openTestCore();
    const folder = join(temporaryFolder(), "set");
    mkdirSync(join(folder, "deep"), { recursive: true });
    writeFileSync(join(folder, "b.jsonl"), chatRow("b"));
    writeFileSync(join(folder, "deep", "a.jsonl"), chatRow("a"));
    writeFileSync(join(folder, "c.jsonl"), chatRow("b"));
    writeFileSync(join(folder, "README.md"), "words");
    writeFileSync(join(folder, "empty.json"), "");
    writeFileSync(join(folder, "other.json"), '{"neither": "format"}');
    const result = await importInto(core, folder);
    expect(core.store.sources.list().map((source) => source.name)).toEqual(["set/b.jsonl", "set/deep/a.jsonl"]);
    const noted = result.skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason] as const).sort();
    expect(noted.map(([path]) => path)).toEqual(["README.md", "c.jsonl", "empty.json", "other.json"]);
    expect(noted[1]![1]).toBe("the same bytes as set/b.jsonl");
    expect(core.store.sources.skipped()).toHaveLength(4);
    mkdirSync(join(folder, "bare"));
    expect(() => startImport(core, { paths: [join(folder, "bare")] })).toThrow(expect.objectContaining({ code: "E_FORMAT_UNKNOWN" }));
  });

  it("is found by search once the index job, which is visible, has ended", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(file, `${chatRow("a narrow boat")}\n${chatRow("a wide road")}\n`);
    await importInto(core, file);
    await indexed(core);
    expect(listTrajectories(core, { text: "narrow" }, 0, 10)).toMatchObject({ total: 1, indexComplete: true, rows: [{ id: "T-00001" }] });
    expect(core.jobs.list().map((job) => [job.kind, job.state])).toEqual([
      ["index", "done"],
      ["import", "done"],
    ]);
  });

  it("reads a large file in a thread while it is copied, every row once, and again after its copy was known", async () => {
    const core = openTestCore();
    const path = join(temporaryFolder(), "large.jsonl");
    const padding = "word ".repeat(2_000);
    const rows = Array.from({ length: 1_000 }, (_, i) => (i === 500 ? "{damaged" : chatRow(`Question ${i} ${padding}`)));
    writeFileSync(path, rows.join("\n"));
    expect(statSync(path).size).toBeGreaterThan(8 * 2 ** 20);
    expect(await importInto(core, path)).toMatchObject({ rows: 1_000, taken: 999, refused: 1, trajectories: 999 });
    expect(core.store.sources.ledger(1, { outcome: "refused", offset: 0, limit: 9 }).rows).toMatchObject([{ rowIndex: 500 }]);
    const kept = core.store.sources.list()[0]!;
    expect(
      createHash("sha256")
        .update(readFileSync(join(core.paths.sources, kept.sha256)))
        .digest("hex"),
    ).toBe(kept.sha256);
    expect(await importInto(core, path)).toMatchObject({ rows: 1_000, alreadyImported: 1_000, trajectories: 999 });
  });

  it("keeps whole batches when it is cancelled, counts them, and is finished by the next import", async () => {
    const core = openTestCore();
    const path = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(path, Array.from({ length: 5_000 }, (_, i) => chatRow(`Question ${i}`)).join("\n"));
    let numBatches = 0;
    const control: TaskControl = {
      report: (_report, changed) => {
        if (changed === true) numBatches++;
      },
      checkpoint: () => {
        if (numBatches === 3) throw new AppError("E_CANCELLED", { what: "The import" });
      },
    };
    const file = { path, name: "rows.jsonl", numBytes: statSync(path).size, isNamed: true };
    const task = { type: "import", files: [file], format: null, sourcesDir: core.paths.sources } as const;
    const stopped = await importFiles(core.store, task, control, "no thread is needed");
    const kept = core.store.trajectories.count();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(5_000);
    expect(stopped).toMatchObject({ rows: kept, trajectories: kept });
    expect(core.store.sources.list()[0]).toMatchObject({ finished: false, counts: { rows: kept } });
    expect(await importInto(core, path)).toMatchObject({ rows: 5_000, alreadyImported: kept, trajectories: 5_000 });
    expect(new Set(contentsOf(core)).size).toBe(5_000);
  });

  it("cancelled as soon as it is asked for takes nothing in, and is resumed by its id", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(file, chatRow("one"));
    const started = startImport(core, { paths: [file] });
    core.jobs.cancel(started.id);
    expect(await started.ended).toMatchObject({ state: "cancelled", error: null, result: { rows: 0 } });
    core.jobs.resume(started.id);
    expect(await core.jobs.ended(started.id)).toMatchObject({ id: started.id, state: "done", result: { rows: 1, trajectories: 1 } });
  });

  it("pauses, takes nothing in meanwhile, and goes on", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(file, chatRow("one"));
    const started = startImport(core, { paths: [file] });
    core.jobs.pause(started.id);
    for await (const news of core.jobs.news.since(0)) if (news.jobs.some((job) => job.state === "paused")) break;
    expect(core.store.trajectories.count()).toBe(0);
    core.jobs.resume(started.id);
    expect(await started.ended).toMatchObject({ state: "done", result: { trajectories: 1 } });
  });
});

describe("bad input", { timeout: 180_000 }, () => {
  it("a missing, an empty and an unreadable path are named before anything is written", () => {
    const core = openTestCore();
    const folder = temporaryFolder();
    writeFileSync(join(folder, "empty.json"), "");
    const start = (name: string) => () => startImport(core, { paths: [join(folder, name)] });
    expect(start("missing.json")).toThrow(expect.objectContaining({ code: "E_FILE_NOT_FOUND" }));
    expect(start("empty.json")).toThrow(expect.objectContaining({ code: "E_FILE_EMPTY" }));
    expect(core.jobs.list()).toEqual([]);
  });

  it.skipIf(process.platform === "win32")("a folder without read rights is named; inside another folder it is noted", async () => {
    const core = openTestCore();
    const folder = temporaryFolder();
    const closed = join(folder, "closed");
    mkdirSync(closed);
    writeFileSync(join(folder, "rows.jsonl"), chatRow("one"));
    chmodSync(folder, 0o755);
    chmodSync(closed, 0o000);
    const isRoot = process.getuid!() === 0;
    // Root may read everything: it looks with the rights of nobody.
    if (isRoot) process.seteuid!(65_534);
    try {
      expect(() => startImport(core, { paths: [closed] })).toThrow(
        expect.objectContaining({ code: "E_FILE_NO_ACCESS", params: { path: closed } }),
      );
      expect(findInputFiles([folder])).toMatchObject({
        files: [{ path: join(folder, "rows.jsonl") }],
        skipped: [{ path: closed, reason: expect.stringContaining("may not be read") }],
      });
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(closed, 0o700);
    }
    await expectUsable(core);
  });

  it("a file of no known format, and one of another than named, fail with the reason", async () => {
    const core = openTestCore();
    const folder = temporaryFolder();
    writeFileSync(join(folder, "table.csv"), "a,b\n1,2\n");
    writeFileSync(join(folder, "chat.jsonl"), chatRow("one"));
    expect(await failedImport(core, { paths: [join(folder, "table.csv")] })).toMatchObject({ code: "E_FORMAT_UNKNOWN" });
    const mismatch = await failedImport(core, { paths: [join(folder, "chat.jsonl")], format: "sharegpt" });
    expect(mismatch).toMatchObject({ code: "E_FORMAT_MISMATCH", message: expect.stringContaining("OpenAI chat") });
    await expectUsable(core);
  });

  it("a file that ends in the middle of a row loses that row only, with its place", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    const [first, second] = [chatRow("one"), chatRow("two")];
    writeFileSync(file, `${first}\n${second.slice(0, 40)}`);
    const result = await importInto(core, file);
    expect(result).toMatchObject({ rows: 2, refused: 1, trajectories: 1 });
    const place = first.length + 1;
    expect(ledgerOf(core, result.sourceIds[0]!)[1]).toMatchObject({
      byteOffset: place,
      refusal: { code: "E_ROW_TRUNCATED", byteOffset: place + 40 },
    });
    await expectUsable(core);
  });

  it("a row with bytes that are not UTF-8 is refused at the byte, its neighbours are taken", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "rows.jsonl");
    const bad = Buffer.from(chatRow("xy"));
    bad[bad.indexOf("xy")] = 0xff;
    writeFileSync(file, Buffer.concat([Buffer.from(`${chatRow("one")}\n`), bad, Buffer.from(`\n${chatRow("two")}\n`)]));
    const result = await importInto(core, file);
    expect(result).toMatchObject({ rows: 3, refused: 1, trajectories: 2 });
    const refused = ledgerOf(core, result.sourceIds[0]!)[1]!;
    expect(refused.refusal).toMatchObject({ code: "E_ROW_ENCODING", byteOffset: readFileSync(file).indexOf(0xff) });
  });

  it("a row of 50 MB is settled like any other", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "large.jsonl");
    writeFileSync(file, `${chatRow("one")}\n${chatRow("x".repeat(25_000_000))}\n${chatRow("two")}\n`);
    expect(await importInto(core, file)).toMatchObject({ rows: 3, refused: 0, trajectories: 3 });
    expect(listTrajectories(core, {}, 0, 10).rows.every((row) => row.title.length < 300)).toBe(true);
  });

  it("a row beyond the limit is refused by its size, its neighbours are taken", async () => {
    const core = openTestCore();
    const file = join(temporaryFolder(), "huge.jsonl");
    writeFileSync(file, `${chatRow("three")}\n${chatRow("x".repeat(33_600_000))}\n${chatRow("four")}\n`);
    const result = await importInto(core, file);
    expect(result).toMatchObject({ rows: 3, refused: 1, trajectories: 2 });
    expect(ledgerOf(core, result.sourceIds[0]!)[1]).toMatchObject({ refusal: { code: "E_ROW_TOO_LARGE" } });
  });
});

describe.skipIf(!hasSharedData)(`real data (skipped where ${SHARED_DATA_REASON})`, () => {
  const named = ["toolbench", "glaive"].map((folder) => join(SHARED_DATA, folder));

  it("comes in whole: a ledger line for every row of every file, and the rest of the folder noted", async () => {
    const core = openTestCore();
    const result = await importInto(core, ...named);
    expect(result.taken + result.changed + result.refused).toBe(result.rows);
    for (const source of core.store.sources.list()) {
      const kept = readFileSync(join(core.paths.sources, source.sha256));
      const { total } = core.store.sources.ledger(source.id, { offset: 0, limit: 1 });
      const parsed = JSON.parse(kept.toString("utf8")) as unknown;
      expect({ name: source.name, rows: total }).toEqual({ name: source.name, rows: Array.isArray(parsed) ? parsed.length : 1 });
      expect(source.counts.rows).toBe(total);
    }
    expect(core.store.sources.list().length + result.skipped.length).toBe(
      named.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length,
    );
    const again = await importInto(core, ...named);
    expect(again).toMatchObject({ rows: result.rows, alreadyImported: result.rows, trajectories: result.trajectories });
  });

  it.each(["openai-chat", "toolllama"] as const)("exported as %s and imported again is equal", async (format) => {
    const core = openTestCore();
    await importInto(core, join(SHARED_DATA, format === "toolllama" ? "toolbench/toolllama_rows.json" : "glaive"));
    const directory = join(temporaryFolder(), "out");
    const job = await startExport(core, { format, directory, filter: {} }).ended;
    expect(job.error).toBeNull();
    const result = job.result as ExportResult;
    expect(result.trajectories).toBe(core.store.trajectories.count());
    expect(readdirSync(directory).sort()).toEqual(result.files.map((file) => file.slice(directory.length + 1)).sort());
    const other = openTestCore();
    await importInto(other, result.files[0]!);
    const turnsOf = (each: Core) =>
      [...each.store.trajectories.each()].map(({ trajectory }) => [
        trajectory.tools,
        trajectory.turns,
        trajectory.targets,
        trajectory.split,
      ]);
    expect(turnsOf(other)).toEqual(turnsOf(core));
  });
});

it("an export that cannot be written leaves no half file behind", async () => {
  const core = openTestCore();
  await expectUsable(core);
  const directory = join(temporaryFolder(), "taken");
  writeFileSync(directory, "a file, not a folder");
  const job = await startExport(core, { format: "openai-chat", directory, filter: {} }).ended;
  expect(job.state).toBe("failed");
  expect(existsSync(join(directory, "trajectories.jsonl"))).toBe(false);
});
