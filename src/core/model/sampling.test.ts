import { describe, expect, it } from "vitest";
import { randomUniform } from "./random.ts";
import { chooseAllowedToken, chooseToken, scoreToken } from "./sampling.ts";

const logits = Float32Array.from([0.1, 0.2, 0.3, 0.4], Math.log);
/** Share of each token in many draws. */
function shares(temperature: number, topP: number): number[] {
  const uniform = randomUniform(8);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) counts[chooseToken(logits, { temperature, topP }, uniform).tokenId]! += 1 / 20_000;
  return counts;
}

describe("choosing a token", () => {
  it("takes the highest score at temperature 0, the lowest id among equals, without drawing", () => {
    const neverDraw = (): number => {
      throw new Error("drew");
    };
    expect(chooseToken(Float32Array.of(1, 5, 5, 2), { temperature: 0, topP: 1 }, neverDraw).tokenId).toBe(1);
  });

  it("gives the log-probability under the model, not under the temperature", () => {
    for (const temperature of [0, 0.1, 10]) {
      const { tokenId, logProb } = chooseToken(logits, { temperature, topP: 0.5 }, () => 0.3);
      expect(logProb).toBeCloseTo(logits[tokenId]!, 5);
    }
  });

  it("draws in proportion to the probabilities, sharpened by temperature", () => {
    expect(shares(1, 1)).toBeAllclose([0.1, 0.2, 0.3, 0.4], { atol: 0.012 });
    const squares = [0.01, 0.04, 0.09, 0.16].map((square) => square / 0.3);
    expect(shares(0.5, 1)).toBeAllclose(squares, { atol: 0.012 });
  });

  it("keeps the smallest set of tokens that reaches topP", () => {
    expect(shares(1, 0.65)).toBeAllclose([0, 0, 3 / 7, 4 / 7], { atol: 0.012 });
    expect(shares(1, 0.0001)).toEqual([0, 0, 0, shares(1, 0.0001)[3]]);
  });

  it("tells the likeliest tokens with their probabilities, whatever is drawn, the lower id first among equals", () => {
    const { tokenId, alternatives } = chooseToken(logits, { temperature: 1, topP: 1 }, () => 0, 3);
    expect(tokenId).toBe(0);
    expect(alternatives.map((one) => one.tokenId)).toEqual([3, 2, 1]);
    expect(alternatives.map((one) => Math.exp(one.logProb))).toBeAllclose([0.4, 0.3, 0.2], { atol: 1e-6 });
    const ids = (values: readonly number[], count: number): readonly number[] =>
      chooseToken(Float32Array.from(values), { temperature: 0, topP: 1 }, () => 0, count).alternatives.map((one) => one.tokenId);
    expect(ids([1, 5, 5, 2, 5], 4)).toEqual([1, 2, 4, 3]);
    expect(ids([1, 2], 5)).toEqual([1, 0]);
    expect(ids([1, 2], 0)).toEqual([]);
  });

  it("ranks a given token among all, the lower id first among equals", () => {
    const values = Float32Array.of(1, 5, 5, 2, 5);
    expect([0, 1, 2, 3, 4].map((id) => scoreToken(values, id).rank)).toEqual([5, 1, 2, 4, 3]);
    const total = [0, 1, 2, 3, 4].reduce((sum, id) => sum + Math.exp(scoreToken(values, id).logProb), 0);
    expect(total).toBeCloseTo(1, 6);
    expect(scoreToken(Float32Array.of(1e4, -1e4), 1)).toEqual({ logProb: -2e4, rank: 2 });
  });

  it("stays finite for scores far apart", () => {
    expect(chooseToken(Float32Array.of(1e4, -1e4), { temperature: 1, topP: 1 }, () => 0.999).tokenId).toBe(0);
  });
});

describe("choosing among allowed tokens", () => {
  const logits = Float32Array.from([1, 5, 3, 4]);
  const never = () => {
    throw new Error("greedy draws nothing");
  };

  it("takes the likeliest that is allowed, asks no more than it has to, and tells its probability under the model", () => {
    const asked: number[] = [];
    const isAllowed = (id: number): boolean => {
      asked.push(id);
      return id === 2;
    };
    const chosen = chooseAllowedToken(logits, { temperature: 0, topP: 1, numAlternatives: 2 }, never, isAllowed);
    expect(asked).toEqual([1, 3, 2]);
    expect(chosen.tokenId).toBe(2);
    expect(chosen.logProb).toBeCloseTo(scoreToken(logits, 2).logProb, 6);
    expect(chosen.alternatives.map(({ tokenId }) => tokenId)).toEqual([1, 3]);
    expect([...logits]).toEqual([1, 5, 3, 4]);
  });

  it("draws from the allowed alone, and takes the likeliest where none is", () => {
    const drawn = new Set(
      [0.01, 0.3, 0.6, 0.99].map(
        (point) =>
          chooseAllowedToken(
            logits,
            { temperature: 1, topP: 1 },
            () => point,
            (id) => id !== 1,
          ).tokenId,
      ),
    );
    expect(drawn.has(1)).toBe(false);
    expect(drawn.size).toBeGreaterThan(1);
    expect(chooseAllowedToken(logits, { temperature: 0, topP: 1 }, never, () => false).tokenId).toBe(1);
  });
});
