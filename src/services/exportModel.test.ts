import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Job } from "#contracts/jobs.ts";
import { loadModelFolder } from "#engine/modelFolder.ts";
import { openEngine } from "#engine/openEngine.ts";
import { openTinyWorkspace, weatherTrajectory, type TinyWorkspace } from "../../test/fixtures/tinyWorkspace.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { listCheckpoints, verifyCheckpoint } from "./checkpoints.ts";
import { startModelExport, type ModelExportRequest } from "./exportModel.ts";
import type { ModelExportResult } from "./exportModelFiles.ts";
import { readTokenizer, runDirOf } from "./models.ts";
import { startRun } from "./startRun.ts";

let workspace: TinyWorkspace;
let runId: string;
let folder: string;

beforeAll(async () => {
  workspace = await openTinyWorkspace();
  const overrides = { baseModel: workspace.modelDir, maxLength: 320, maxSteps: 4, saveEverySteps: 2, evalEverySteps: 4 };
  const started = await startRun(workspace.core, { overrides });
  runId = started.runId;
  expect(await workspace.core.jobs.ended(started.jobId)).toMatchObject({ state: "done" });
});
afterAll(() => workspace.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "callsmith-export-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

const target = (): string => join(folder, "exported", "model");

async function exported(request: Partial<ModelExportRequest> = {}): Promise<ModelExportResult> {
  const job = await startModelExport(workspace.core, { id: runId, directory: target(), dtype: "float32", ...request }).ended;
  expect(job).toMatchObject({ state: "done", kind: "exportModel" });
  return job.result as ModelExportResult;
}

/** Logits after a prompt, to the bit. */
async function logitsOf(dir: string): Promise<Float32Array> {
  const engine = await openEngine({ modelDir: dir, kind: "compiled" });
  const logits = await engine.openDecoding(1, 16).prefill(0, Int32Array.of(2, 30, 40, 50, 60));
  await engine.dispose();
  return logits.slice();
}

const checkpointDir = (step: number): string => join(runDirOf(workspace.core.paths, runId), `checkpoint-${step}`);

describe("an exported model", () => {
  it("gives the checkpoint's logits to the bit, and its tokens", async () => {
    const result = await exported();
    expect(result).toMatchObject({ run: runId, checkpoint: 4, parameters: expect.any(Number) });
    expect((await loadModelFolder(target())).parameters).toEqual((await loadModelFolder(checkpointDir(4))).parameters);
    expect(await logitsOf(target())).toEqual(await logitsOf(checkpointDir(4)));
    const [before, after] = [await readTokenizer(checkpointDir(4)), await readTokenizer(target())];
    const text = JSON.stringify(weatherTrajectory(5));
    expect(after.encode(text)).toEqual(before.encode(text));
    expect(after.special).toEqual(before.special);
  });

  it("is the base of a further run like any folder", async () => {
    await exported();
    const { jobId, runId: next } = await startRun(workspace.core, { overrides: { baseModel: target(), maxLength: 320, maxSteps: 1 } });
    expect(await workspace.core.jobs.ended(jobId)).toMatchObject({ state: "done" });
    expect(listCheckpoints(runDirOf(workspace.core.paths, next))).toHaveLength(1);
  });

  it("can be any checkpoint", async () => {
    expect(await exported({ checkpoint: 2 })).toMatchObject({ checkpoint: 2 });
    expect((await loadModelFolder(target())).parameters).toEqual((await loadModelFolder(checkpointDir(2))).parameters);
    expect(() => startModelExport(workspace.core, { id: runId, directory: join(folder, "x"), dtype: "float32", checkpoint: 3 })).toThrow(
      expect.objectContaining({ code: "E_NOT_FOUND" }),
    );
  });

  it("in half precision is half as large, close, and says what it rounded", async () => {
    const { changes } = await exported({ dtype: "float16" });
    const [full, half] = [await loadModelFolder(checkpointDir(4)), await loadModelFolder(target())];
    for (const [i, { values }] of half.parameters.entries())
      expect(values).toBeAllclose(full.parameters[i]!.values, { rtol: 1e-3, atol: 1e-6 });
    expect(changes).toContainEqual({ rule: "half-precision", detail: expect.stringMatching(/; \d+ of \d+ numbers became 0\./) });
    expect(JSON.parse(readFileSync(join(target(), "config.json"), "utf8"))).toMatchObject({ torch_dtype: "float16", model_type: "opt" });
  });

  it("has every file of a Hugging Face folder, a card that says where it comes from, and a ledger", async () => {
    const { files, changes } = await exported();
    expect(readdirSync(target()).sort()).toEqual([...files].sort());
    expect(files).toEqual(
      expect.arrayContaining([
        ...["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"],
        ...["chat_template.jinja", "generation_config.json", "README.md", "export-ledger.jsonl"],
      ]),
    );
    const read = (name: string): string => readFileSync(join(target(), name), "utf8");
    const lines = read("export-ledger.jsonl").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(changes);
    const card = read("README.md");
    const { stateful_callbacks: state } = await verifyCheckpoint(checkpointDir(4));
    for (const part of [
      state.callsmith.dataVersion,
      `# ${runId}, step 4`,
      "| learningRate |",
      "non-commercial",
      "held-out examples at this step",
    ])
      expect(card).toContain(part);
    expect(card).not.toContain(workspace.modelDir);
    for (const { detail } of changes) expect(card).toContain(detail);
    const { eos } = loadTokenizer({ name: "exported", tokenizerJson: read("tokenizer.json") }).special;
    expect(JSON.parse(read("generation_config.json"))).toMatchObject({ bos_token_id: eos, eos_token_id: eos });
  });

  it("takes the place of an empty folder, and of nothing else", async () => {
    mkdirSync(target(), { recursive: true });
    await exported();
    const again = (directory: string) => () => startModelExport(workspace.core, { id: runId, directory, dtype: "float32" });
    expect(again(target())).toThrow(expect.objectContaining({ code: "E_TARGET_EXISTS", message: expect.stringContaining(target()) }));
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(again(file)).toThrow(expect.objectContaining({ code: "E_TARGET_EXISTS" }));
  });

  it("leaves nothing where it is cancelled, where it fails, or where the place is taken meanwhile", async () => {
    const request = { id: runId, directory: target(), dtype: "float32" } as const;
    const cancelled = startModelExport(workspace.core, request);
    workspace.core.jobs.cancel(cancelled.id);
    expect(await cancelled.ended).toMatchObject({ state: "cancelled" });
    const left = (): string[] => (existsSync(join(folder, "exported")) ? readdirSync(join(folder, "exported")) : []);
    expect(left()).toEqual([]);

    const overtaken = startModelExport(workspace.core, request);
    mkdirSync(join(target(), "somebody else's"), { recursive: true });
    expect(await overtaken.ended).toMatchObject({ state: "failed", error: { code: "E_TARGET_EXISTS" } });
    expect(left()).toEqual(["model"]);
    expect(readdirSync(target())).toEqual(["somebody else's"]);

    const weights = join(checkpointDir(2), "model.safetensors");
    const whole = readFileSync(weights);
    writeFileSync(weights, whole.subarray(0, -8));
    const damaged = await startModelExport(workspace.core, { ...request, directory: join(folder, "exported/other"), checkpoint: 2 }).ended;
    writeFileSync(weights, whole);
    expect(damaged).toMatchObject({ state: "failed", error: { code: "E_CHECKPOINT_CORRUPT" } });
    expect(left()).toEqual(["model"]);
  });

  it("is started again after it was cancelled, from the same checkpoint", async () => {
    const first = startModelExport(workspace.core, { id: runId, directory: target(), checkpoint: 2, dtype: "float16" });
    workspace.core.jobs.cancel(first.id);
    await first.ended;
    workspace.core.jobs.resume(first.id);
    expect(await workspace.core.jobs.ended(first.id)).toMatchObject({ state: "done", result: { checkpoint: 2, dtype: "float16" } });
  });
});

/** A mount of its own disappears with the process that made it. */
const canMount = process.platform === "linux" && spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

describe.skipIf(!canMount)("a full disk (skipped where no small file system can be mounted)", () => {
  it("ends the export with its code and leaves no folder", async () => {
    await workspace.reopen(async (workspaceDir) => {
      const disk = join(folder, "disk");
      mkdirSync(disk);
      const words = [process.execPath, resolve("test/fixtures/exportModelTo.ts"), workspaceDir, runId, join(disk, "model")];
      const command = words.map((word) => JSON.stringify(word)).join(" ");
      const script = `mount -t tmpfs -o size=100k tmpfs ${JSON.stringify(disk)} && ${command}; ls -A ${JSON.stringify(disk)}`;
      const { stdout, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", script], { encoding: "utf8" });
      const [job, ...left] = stdout.trim().split("\n");
      expect(JSON.parse(job!) as Job, stderr).toMatchObject({ state: "failed", error: { code: "E_DISK_FULL" } });
      expect(left).toEqual([]);
    });
  });
});
