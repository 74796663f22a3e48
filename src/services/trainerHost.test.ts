import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import type { FromTrainer, GeneratedPrompt, ToTrainer } from "#contracts/trainer.ts";
import { writeTinyModel } from "../../test/fixtures/tinyWorkspace.ts";
import type { GenerateOptions } from "./trainerAnswers.ts";
import { createTrainerHost, forkTrainer, type TrainerProcess } from "./trainerHost.ts";

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

describe("tracing in the trainer process", () => {
  /** A process that answers as the test says. */
  function hostOver(answer: (message: ToTrainer, say: (message: FromTrainer) => void) => void) {
    const sent: ToTrainer[] = [];
    let numKilled = 0;
    const host = createTrainerHost(() => {
      let say: (message: FromTrainer) => void = () => undefined;
      return {
        send: (message) => {
          sent.push(message);
          answer(message, say);
        },
        onMessage: (listener) => (say = listener),
        onExit: () => undefined,
        kill: () => (numKilled += 1),
      };
    });
    return { host, sent, killed: () => numKilled };
  }
  const at = { runDir: "/run", checkpointDir: "/run/checkpoint-3" };
  const tokens = { inputIds: Int32Array.of(2, 7), lossWeights: Float32Array.of(0, 1) };
  const query = { bad: tokens, correct: null };
  const exact = (index: number) => ({
    ...{ index, score: index / 10, norm: 1 },
    ...{ tokens: new Float32Array(), badTokens: new Float32Array(), correctTokens: new Float32Array() },
  });

  it("tells how indexing goes and what it came to", async () => {
    const { host, sent } = hostOver((message, say) => {
      if (message.type !== "index") return;
      const { requestId } = message;
      say({ type: "indexing", requestId, done: 4, total: 9 });
      say({ type: "indexed", requestId, path: "/features/R-1-3.bin", numAdded: 5, numRows: 9, seconds: 2 });
    });
    const told: (readonly number[])[] = [];
    const request = { ...at, runId: "R-001", featuresDir: "/features", indices: [3, 1] };
    const indexed = await host.index({ ...request, onProgress: (...progress) => void told.push(progress) });
    expect(indexed).toEqual({ path: "/features/R-1-3.bin", numAdded: 5, numRows: 9, seconds: 2 });
    expect(told).toEqual([[4, 9]]);
    expect(sent).toEqual([{ type: "index", requestId: 1, ...request }]);
  });

  it("gives exact scores in the order they were asked for, however they come", async () => {
    const { host } = hostOver((message, say) => {
      if (message.type !== "rerank") return;
      const { requestId } = message;
      say({ type: "reranked", requestId, scores: [exact(2), exact(9)] });
      say({ type: "reranked", requestId, scores: [exact(5)] });
      say({ type: "rerankedAll", requestId, queryNorm: 3, seconds: 1 });
    });
    const told: number[] = [];
    const asked = {
      ...at,
      query,
      indices: [5, 9, 2],
      onScores: (some: readonly { readonly index: number }[]) => void told.push(some.length),
    };
    const { scores, queryNorm } = await host.rerank(asked);
    expect(scores.map(({ index }) => index)).toEqual([5, 9, 2]);
    expect([queryNorm, told]).toEqual([3, [2, 1]]);
  });

  it("asks the process to give up what was called off, keeps the process, and passes errors on", async () => {
    const { host, sent, killed } = hostOver((message, say) => {
      if (message.type !== "queryFeatures") return;
      const error = { code: "E_FEATURES_MISFIT", params: { path: "/run", detail: "of another model" } };
      say({ type: "failed", requestId: message.requestId, error });
    });
    const abort = new AbortController();
    const cancelled = host.rerank({ ...at, query, indices: [1], signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "E_CANCELLED" });
    expect(sent.at(-1)).toEqual({ type: "cancel", requestId: 1 });
    await expect(host.queryFeatures({ checkpointDir: at.checkpointDir, query })).rejects.toMatchObject({ code: "E_FEATURES_MISFIT" });
    expect([sent.length, killed()]).toEqual([3, 0]);
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
