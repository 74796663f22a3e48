import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import type { GeneratedPrompt } from "#contracts/trainer.ts";
import { writeTinyModel } from "../../test/fixtures/tinyWorkspace.ts";
import { createTrainerHost, forkTrainer, type GenerateOptions, type TrainerProcess } from "./trainerHost.ts";

let root: string;
let request: GenerateOptions;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "callsmith-host-"));
  await writeTinyModel(join(root, "model"));
  const prompts = [2, 30, 60, 90].map((id) => Int32Array.of(2, id, id + 1, id + 2));
  const sampling = { temperature: 0, topP: 1, seed: 1, maxNewTokens: 6 };
  request = { modelDir: join(root, "model"), prompts, sampling, stopTokenIds: [] };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function openHost() {
  const processes: TrainerProcess[] = [];
  const fork = forkTrainer(resolve("src/worker/trainer.ts"));
  const host = createTrainerHost(() => {
    const trainer = fork();
    processes.push(trainer);
    return trainer;
  });
  onTestFinished(() => host.close());
  return { host, processes };
}

describe("generation in a trainer process", () => {
  it("answers in the order of the prompts, tells each as it is finished, and keeps the process for the next request", async () => {
    const { host, processes } = openHost();
    const told: GeneratedPrompt[] = [];
    const { results, seconds } = await host.generate({ ...request, onResults: (some) => void told.push(...some) });
    expect(results.map(({ promptIndex, stopReason }) => [promptIndex, stopReason])).toEqual([0, 1, 2, 3].map((i) => [i, "maxNewTokens"]));
    expect(results.every(({ tokenIds, logProbs }) => tokenIds.length === 6 && logProbs.every((p) => p <= 0))).toBe(true);
    expect(told.toSorted((a, b) => a.promptIndex - b.promptIndex)).toEqual(results);
    expect(seconds).toBeGreaterThan(0);
    const [again, reversed] = await Promise.all([
      host.generate(request),
      host.generate({ ...request, prompts: request.prompts.toReversed() }),
    ]);
    expect(again.results).toEqual(results);
    expect(reversed.results.map(({ tokenIds }) => tokenIds)).toEqual(results.map(({ tokenIds }) => tokenIds).toReversed());
    expect(processes).toHaveLength(1);
    expect(host.engineName).toMatch(/ONNX Runtime/);
  });

  it("hands over the error of a model that cannot be loaded, and serves the next request", async () => {
    const { host, processes } = openHost();
    await expect(host.generate({ ...request, modelDir: join(root, "nowhere") })).rejects.toMatchObject({ code: "E_FILE_NOT_FOUND" });
    await expect(host.generate(request)).resolves.toMatchObject({ results: { length: 4 } });
    expect(processes).toHaveLength(1);
  });

  it("says that the process was lost, and starts another", async () => {
    const { host, processes } = openHost();
    const lost = host.generate(request);
    processes[0]!.kill();
    await expect(lost).rejects.toMatchObject({ code: "E_TRAINER_KILLED", params: { detail: "signal SIGKILL" } });
    await expect(host.generate(request)).resolves.toMatchObject({ results: { length: 4 } });
    expect(processes).toHaveLength(2);
  });

  it("is cancelled by its signal, and can be asked again at once", async () => {
    const { host } = openHost();
    const abort = new AbortController();
    const cancelled = host.generate({ ...request, signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "E_CANCELLED" });
    await expect(host.generate({ ...request, signal: abort.signal })).rejects.toMatchObject({ code: "E_CANCELLED" });
    await expect(host.generate(request)).resolves.toMatchObject({ results: { length: 4 } });
  });
});

describe("a trainer process that ends by itself", () => {
  it.each([
    ["signal SIGKILL", "E_TRAINER_KILLED", /as it does with the largest program when memory runs out/],
    ["exit code 137", "E_TRAINER_KILLED", /exit code 137/],
    ["exit code 9", "E_TRAINER_KILLED", /exit code 9/],
    ["signal SIGABRT: WebGPU device lost (1): the driver was reset", "E_DEVICE_LOST", /the driver was reset/],
    ["signal SIGSEGV", "E_TRAINER_LOST", /signal SIGSEGV/],
    ["exit code 1", "E_TRAINER_LOST", /exit code 1/],
    ["exit code 90", "E_TRAINER_LOST", /exit code 90/],
  ])("%s is %s", async (detail, code, message) => {
    let exit: (detail: string) => void = () => undefined;
    const silent = { send: () => undefined, onMessage: () => undefined, kill: () => undefined };
    const host = createTrainerHost(() => ({ ...silent, onExit: (listener) => (exit = listener) }));
    const { ended } = host.train({ runDir: root, config: runConfigSchema.parse({}), modelDir: root, resumeFrom: null }, () => undefined);
    exit(detail);
    await expect(ended).rejects.toMatchObject({ code, message });
  });
});
