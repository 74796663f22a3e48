/** The command line as a process: what it prints where, and how it ends. Its words are tested beside the code. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ENGINE_IDS, type EngineReport } from "#contracts/engines.ts";
import { openCore } from "#services/core.ts";
import { corePlaces } from "#services/places.ts";
import { writeTinyModel } from "../fixtures/tinyWorkspace.ts";
import { writeSmallDataset } from "../support/smallDataset.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cli-"));
const workspace = join(folder, "workspace");
const dataset = writeSmallDataset(join(folder, "rows.jsonl"));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end; `onProgress` sees standard error as it comes. */
function callsmith(
  args: readonly string[],
  onProgress?: (text: string, child: { kill(signal: NodeJS.Signals): boolean }) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, "src/cli/index.ts"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  child.stderr.on("data", (chunk) => {
    err += String(chunk);
    onProgress?.(err, child);
  });
  return new Promise((ended) => child.on("close", (code) => ended({ code, out, err })));
}

/** With `--json` on the test's own workspace: the one object of standard output. */
async function json(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly value: Record<string, unknown>; readonly err: string }> {
  const { code, out, err } = await callsmith([...args, "--workspace", workspace, "--json"]);
  expect(out.trimEnd().split("\n"), err).toHaveLength(1);
  return { code, value: JSON.parse(out) as Record<string, unknown>, err };
}

let imported: Awaited<ReturnType<typeof json>>;
beforeAll(async () => {
  imported = await json(["import", dataset]);
});

describe("cases", () => {
  it("are none in a new workspace, and only of states and codes that there are", async () => {
    expect((await json(["cases"])).value).toEqual({ byState: {}, byCode: {}, total: 0, groups: [] });
    expect(await json(["cases", "C-0009"])).toMatchObject({ code: 1, value: { error: { code: "E_NOT_FOUND" } } });
    expect((await json(["cases", "--state", "lost"])).code).toBe(2);
    expect((await json(["cases", "--code", "F99"])).code).toBe(2);
  });
});

describe("import", () => {
  it("counts every row", () => {
    expect(imported.code).toBe(0);
    expect(imported.value).toMatchObject({ rows: 50, refused: 0, trajectories: 50, bytesPerSecond: expect.any(Number) });
    expect(Number(imported.value["taken"]) + Number(imported.value["changed"])).toBe(50);
  });

  it("keeps progress on standard error", () => {
    expect(imported.err).toContain("rows");
  });

  it("says on a dry run what rows would become, and where one is refused, and writes nothing", async () => {
    const rows = join(folder, "some.jsonl");
    const [good] = readFileSync(dataset, "utf8").split("\n");
    writeFileSync(rows, `${good}\n{"messages": [}\n`);
    const nowhere = join(folder, "nowhere");
    const { code, out } = await callsmith(["import", rows, "--dry-run", "--workspace", nowhere]);
    expect([code, existsSync(nowhere)]).toEqual([0, false]);
    expect(out).toContain("All 2 rows: 1 taken as they are, 0 changed, 1 refused; 1 trajectory.");
    expect(out).toMatch(/Refused: row 2, byte [\d,]+: /);
    expect(out).toContain("Nothing was written.");
    const { value } = await json(["import", rows, "--dry-run"]);
    expect(value).toMatchObject({ numFiles: 1, files: [{ isWhole: true, rows: [{ outcome: "taken" }, { outcome: "refused" }] }] });
  });

  it("takes no row twice", async () => {
    const { value } = await json(["import", dataset]);
    expect(value).toMatchObject({ rows: 50, alreadyImported: 50 });
  });

  it("names the file that is not there, and ends with 1", async () => {
    const { code, value } = await json(["import", join(folder, "missing.jsonl")]);
    expect(code).toBe(1);
    expect(value).toMatchObject({ error: { code: "E_FILE_NOT_FOUND", message: expect.stringContaining("missing.jsonl") } });
  });
});

describe("export", () => {
  it("says on a dry run what a format would lose, and writes nothing", async () => {
    const out = join(folder, "not-exported");
    const preview = await json(["export", "--format", "bfcl", "--out", out, "--dry-run"]);
    expect([preview.code, existsSync(out)]).toEqual([0, false]);
    expect(preview.value).toMatchObject({ total: 50, numTried: 50, numChanged: 50, changes: expect.any(Array), files: expect.any(Array) });
    const printed = await callsmith(["export", "--format", "bfcl", "--out", out, "--dry-run", "--workspace", workspace]);
    expect(printed.out).toContain("50 trajectories would be written to");
    expect(printed.out).toContain("Of the first 50, 50 lose something.");
    expect(existsSync(out)).toBe(false);
  });

  it("writes what was imported", async () => {
    const out = join(folder, "exported");
    const { code } = await json(["export", "--format", "openai-chat", "--out", out]);
    expect(code).toBe(0);
    const rows = readdirSync(out).flatMap((name) =>
      readFileSync(join(out, name), "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{")),
    );
    expect(rows).toHaveLength(50);
  });
});

describe("train", () => {
  it("saves a checkpoint on Ctrl-C, ends with 130, and goes on from there", async () => {
    const modelDir = join(folder, "model");
    mkdirSync(modelDir);
    await writeTinyModel(modelDir);
    const interrupted = async (args: readonly string[]) => {
      let isSent = false;
      const ended = await callsmith(["train", ...args, "--workspace", workspace, "--json"], (text, child) => {
        if (isSent || !text.includes(" - training: ")) return;
        isSent = true;
        child.kill("SIGINT");
      });
      return { ...ended, report: JSON.parse(ended.out) as Record<string, unknown> };
    };
    const settings = [`baseModel=${modelDir}`, "maxLength=320", "epochs=5000"].flatMap((setting) => ["--set", setting]);
    const first = await interrupted(settings);
    expect(first.code, first.err).toBe(130);
    expect(first.report).toMatchObject({ state: "stopped", finalLoss: expect.any(Number), tokensPerSecond: expect.any(Number) });
    const { run, steps } = first.report as { run: string; steps: number };
    expect(existsSync(join(workspace, "runs", run, `checkpoint-${steps}`, "model.safetensors"))).toBe(true);

    const second = await interrupted(["--resume", run]);
    expect(second.code, second.err).toBe(130);
    expect(second.report["run"]).toBe(run);
    expect(Number(second.report["steps"])).toBeGreaterThan(steps);
  });
});

describe("a workspace that cannot be opened", () => {
  it("gives the code and leaves the file as it was", async () => {
    const broken = join(folder, "broken");
    await callsmith(["import", dataset, "--workspace", broken]);
    const text = "SQLite format 3\0 and then nothing that makes sense";
    writeFileSync(join(broken, "workspace.sqlite"), text);
    const { code, out } = await callsmith(["import", dataset, "--workspace", broken, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "E_DATABASE_CORRUPT" } });
    expect(readFileSync(join(broken, "workspace.sqlite"), "utf8")).toBe(text);
  });

  it("is said while another Callsmith has it open", async () => {
    const core = openCore({ workspaceDir: workspace, ...corePlaces(root, import.meta.filename) });
    try {
      const { code, value } = await json(["tokens", "T-00001"]);
      expect(code).toBe(1);
      expect(value).toMatchObject({ error: { code: "E_DATABASE_LOCKED" } });
    } finally {
      await core.close();
    }
  });
});

describe("engines", () => {
  it("lists what can compute, and a remedy with what cannot", async () => {
    const { code, value } = await json(["engines"]);
    expect(code).toBe(0);
    const engines = value["engines"] as readonly EngineReport[];
    expect(engines.map(({ id }) => id)).toEqual(ENGINE_IDS);
    expect(engines.find(({ id }) => id === "cpu")).toMatchObject({ isUsable: true, remedy: null });
    for (const { isUsable, found, remedy, id } of engines)
      if (!isUsable) expect(`${id}: ${found} ${remedy}`).toMatch(/\w+\. (Install|Run|Update|null)/);
  });
});
