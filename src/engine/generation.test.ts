import { beforeAll, describe, expect, it } from "vitest";
import type { GeneratedPrompt, TokenScore } from "#contracts/trainer.ts";
import { generate } from "#core/model/generate.ts";
import { scoreTokens } from "#core/model/scoreTokens.ts";
import type { ModelEngine } from "./modelEngine.ts";
import { openEngine } from "./openEngine.ts";
import { livelyParameters, variants } from "./testing.ts";

const greedy = { temperature: 0, topP: 1, seed: 1, maxNewTokens: 12 };
const prompts = [Int32Array.of(2, 5, 9), Int32Array.of(2, 30, 31, 4, 8, 8, 1, 17, 20), Int32Array.of(3), Int32Array.of(2, 5, 9, 10)];
const stopTokenIds = [2];
const open = (config: (typeof variants)[number][1], kind: "compiled" | "eager"): Promise<ModelEngine> =>
  openEngine({ config, parameters: livelyParameters(config), kind });

describe.each(variants)("generation with a cache, %s", (_, config) => {
  it("says what recomputing every token says, for prompts of different lengths side by side", async () => {
    const cached = await generate(await open(config, "compiled"), prompts, greedy, { stopTokenIds });
    const recomputed = await generate(await open(config, "eager"), prompts, greedy, { stopTokenIds });
    expect(cached.map(({ tokenIds, stopReason }) => ({ tokenIds, stopReason }))).toEqual(
      recomputed.map(({ tokenIds, stopReason }) => ({ tokenIds, stopReason })),
    );
    for (const [i, { logProbs }] of cached.entries()) expect(logProbs).toBeAllclose(recomputed[i]!.logProbs, { rtol: 1e-3, atol: 1e-3 });
  });
});

describe("generation", () => {
  const config = variants[0]![1];
  let engine: ModelEngine;
  beforeAll(async () => {
    engine = await open(config, "compiled");
  });
  const tokensOf = (results: readonly GeneratedPrompt[]): number[][] => results.map(({ tokenIds }) => [...tokenIds]);

  it("gives each prompt the same result in any company", async () => {
    const sampling = { temperature: 0.8, topP: 0.9, seed: 5, maxNewTokens: 8 };
    const together = await generate(engine, prompts, sampling, { stopTokenIds });
    const twoByTwo = await generate(engine, prompts, sampling, { stopTokenIds, maxRows: 2 });
    expect(tokensOf(twoByTwo)).toEqual(tokensOf(together));
    const otherSeed = await generate(engine, prompts, { ...sampling, seed: 6 }, { stopTokenIds });
    expect(tokensOf(otherSeed)).not.toEqual(tokensOf(together));
  });

  it("hands out the log-probability of each token under the model", async () => {
    const [result] = await generate(engine, [prompts[1]!], greedy, { stopTokenIds: [] });
    const inputIds_BT = Int32Array.of(...prompts[1]!, ...result!.tokenIds);
    const length = inputIds_BT.length;
    const lossWeights_BT = Float32Array.from({ length }, (_, t) => (t >= prompts[1]!.length ? 1 : 0));
    const loss = await engine.evaluateLoss({ batchSize: 1, length, inputIds_BT, labels_BT: inputIds_BT, lossWeights_BT, dropoutSeed: 0 });
    const fromLoss = loss.perTokenLoss_BT.subarray(prompts[1]!.length).map((nats) => -nats);
    expect(result!.logProbs).toBeAllclose(fromLoss, { rtol: 1e-4, atol: 1e-4 });
  });

  it("scores a token that was not generated as it scores those that were", async () => {
    const sampling = { ...greedy, numAlternatives: config.vocabSize };
    const [made] = await generate(engine, [prompts[1]!], sampling, { stopTokenIds: [] });
    const { tokenIds, alternativeIds, alternativeLogProbs } = made!;
    const V = config.vocabSize;
    const wanted = [
      { place: 0, rank: 1 },
      { place: 3, rank: 2 },
      { place: 5, rank: 17 },
    ];
    const questions = wanted.map(({ place, rank }) => ({
      inputIds: Int32Array.of(...prompts[1]!, ...tokenIds.subarray(0, place)),
      tokenId: alternativeIds[place * V + rank - 1]!,
    }));
    const scores: TokenScore[] = [];
    await scoreTokens(engine, questions, { onScore: (score) => scores.push(score) });
    expect(scores.map(({ questionIndex, rank }) => [questionIndex, rank])).toEqual([
      [0, 1],
      [1, 2],
      [2, 17],
    ]);
    const told = wanted.map(({ place, rank }) => alternativeLogProbs[place * V + rank - 1]!);
    expect(scores.map(({ logProb }) => logProb)).toBeAllclose(told, { rtol: 1e-4, atol: 1e-4 });
    await expect(scoreTokens(engine, [{ inputIds: new Int32Array(), tokenId: 1 }], { onScore: () => undefined })).rejects.toThrow(/1 to/);
    const stopped = { onScore: () => undefined, signal: AbortSignal.abort() };
    await expect(scoreTokens(engine, questions, stopped)).rejects.toMatchObject({ code: "E_CANCELLED" });
  });

  it("stops at a stop token and keeps it, at the number of tokens, or at the end of the window", async () => {
    const [free] = await generate(engine, [prompts[0]!], greedy, { stopTokenIds: [] });
    expect(free).toMatchObject({ stopReason: "maxNewTokens" });
    expect(free!.tokenIds).toHaveLength(12);
    const third = free!.tokenIds[2]!;
    const [stopped] = await generate(engine, [prompts[0]!], greedy, { stopTokenIds: [third] });
    expect(stopped).toMatchObject({ stopReason: "stopToken" });
    expect([...stopped!.tokenIds]).toEqual([...free!.tokenIds.subarray(0, free!.tokenIds.indexOf(third) + 1)]);
    const long = new Int32Array(config.maxPositionEmbeddings - 3).fill(7);
    const [full] = await generate(engine, [long], greedy, { stopTokenIds: [] });
    expect(full).toMatchObject({ stopReason: "contextFull" });
    expect(full!.tokenIds).toHaveLength(3);
  });

  it("tells each result when its prompt is finished", async () => {
    const told: number[] = [];
    const results = await generate(engine, prompts, greedy, { stopTokenIds, onResult: ({ promptIndex }) => told.push(promptIndex) });
    expect(told.sort()).toEqual([0, 1, 2, 3]);
    expect(results.map(({ promptIndex }) => promptIndex)).toEqual([0, 1, 2, 3]);
  });

  it("ends when it is cancelled", async () => {
    const controller = new AbortController();
    const running = generate(engine, prompts, greedy, {
      stopTokenIds: [],
      maxRows: 1,
      signal: controller.signal,
      onResult: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "E_CANCELLED" });
  });

  it("refuses a prompt that does not fit", async () => {
    const tooLong = new Int32Array(config.maxPositionEmbeddings + 1);
    await expect(generate(engine, [tooLong], greedy, { stopTokenIds })).rejects.toMatchObject({ code: "E_ENGINE" });
  });
});
