/** @file Kill and full disk, on processes of their own. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Job } from "#contracts/jobs.ts";
import { openTestCore, ROOT, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import type { Core } from "./core.ts";
import { startImport } from "./importDataset.ts";

const IMPORT_INTO = join(ROOT, "test/fixtures/importInto.ts");
const NUM_ROWS = 30_000;

function writeRows(file: string): void {
  const rows = Array.from({ length: NUM_ROWS }, (_, i) => {
    const messages = [
      { role: "user", content: `Question ${i}: ${"what then? ".repeat(20)}` },
      { role: "assistant", content: `Answer ${i}` },
    ];
    return i % 100 === 7 ? `{"broken ${i}` : JSON.stringify({ messages, tools: [] });
  });
  writeFileSync(file, `${rows.join("\n")}\n`);
}

const ledgerOf = (core: Core) => {
  const rows = [];
  for (let offset = 0; ; offset += 500) {
    const page = core.store.sources.ledger(1, { offset, limit: 500 }).rows;
    rows.push(...page);
    if (page.length < 500) return rows;
  }
};

/** Ends the process once it has said that this many rows are done, or lets it end if it never says so. */
async function killAfter(numRows: number, workspace: string, file: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [IMPORT_INTO, workspace, file], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (chunk: Buffer) => {
    if (Number(chunk.toString().trim().split("\n").at(-1)) >= numRows) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
}

describe("an import whose process is killed", { timeout: 240_000 }, () => {
  it("is continued by the next one: no row twice, none missing", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "rows.jsonl");
    writeRows(file);
    const workspace = join(folder, "workspace");
    expect(await killAfter(1, workspace, file)).toBe("SIGKILL");
    // A fast machine may be done before it is told to be: that is fine too.
    for (const numRows of [5000, 12_000]) await killAfter(numRows, workspace, file);

    const core = openTestCore(workspace);
    for (const job of core.jobs.list()) expect(["interrupted", "done"]).toContain(job.state);
    const before = core.store.sources.list()[0]!.counts.rows;
    expect(before).toBeGreaterThan(0);
    const job = await startImport(core, { paths: [file] }).ended;
    expect(job.error).toBeNull();
    expect(job.result).toMatchObject({ rows: NUM_ROWS, refused: NUM_ROWS / 100, trajectories: NUM_ROWS * 0.99, alreadyImported: before });

    const rows = ledgerOf(core);
    expect(rows.map((row) => row.rowIndex)).toEqual(Array.from({ length: NUM_ROWS }, (_, i) => i));
    const taken = rows.flatMap((row) => (row.outcome === "refused" ? [] : [row.trajectoryId!]));
    expect(new Set(taken).size).toBe(NUM_ROWS * 0.99);
    expect(core.store.trajectories.count()).toBe(NUM_ROWS * 0.99);
    const titles = core.store.trajectories.summaries(taken.map((id) => Number(id.slice(2)))).map((row) => row.title.split(":")[0]);
    expect(titles).toEqual(rows.flatMap((row) => (row.outcome === "refused" ? [] : [`Question ${row.rowIndex}`])));
  });
});

/** A mount of its own disappears with the process that made it. */
const canMount = process.platform === "linux" && spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

describe.skipIf(!canMount)("a full disk (skipped where no small file system can be mounted)", { timeout: 240_000 }, () => {
  it("ends the import with its code and fix, keeps whole batches, and leaves the workspace usable", () => {
    const folder = temporaryFolder();
    const file = join(folder, "rows.jsonl");
    writeRows(file);
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const node = JSON.stringify(process.execPath);
    const run = `${node} ${JSON.stringify(IMPORT_INTO)} ${JSON.stringify(join(disk, "workspace"))} ${JSON.stringify(file)}`;
    const small = join(folder, "small.jsonl");
    writeFileSync(
      small,
      `${JSON.stringify({
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      })}\n`,
    );
    const script = `mount -t tmpfs -o size=20m tmpfs ${JSON.stringify(disk)} && ${run}; mount -o remount,size=300m ${JSON.stringify(disk)}; ${run}`;
    const { stdout, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", script], { encoding: "utf8" });
    const [full, again] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Job);
    expect(full, stderr).toMatchObject({
      state: "failed",
      error: { code: "E_DISK_FULL", fix: expect.stringContaining("Free some space") },
    });
    expect(again, stderr).toMatchObject({ state: "done", result: { rows: NUM_ROWS, trajectories: NUM_ROWS * 0.99 } });
  });
});
