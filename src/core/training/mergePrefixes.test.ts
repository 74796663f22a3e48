import { describe, expect, it } from "vitest";
import { randomIntegers } from "../model/random.ts";
import { mergeInto, openSequence, PrefixFinder } from "./mergePrefixes.ts";
import type { TrainExample } from "./microBatch.ts";

/** A sequence whose tokens from `trainedFrom` on are trained on. */
function sequence(inputIds: readonly number[], trainedFrom = inputIds.length - 2): TrainExample {
  return {
    inputIds: Int32Array.from(inputIds),
    labels: Int32Array.from(inputIds),
    lossWeights: Float32Array.from(inputIds, (_, t) => (t > 0 && t >= trainedFrom ? 1 : 0)),
    segments: Uint8Array.from(inputIds, () => 8),
  };
}

function hosts(sequences: readonly TrainExample[]): number[] {
  const finder = new PrefixFinder();
  sequences.forEach((one) => finder.add(one));
  sequences.forEach((one, i) => finder.offer(i, one));
  return sequences.map((_, i) => finder.hostOf(i));
}

describe("a prefix finder", () => {
  it("names the longest sequence that holds another, whatever their order", () => {
    const [a, b, c, other] = [sequence([2, 5, 6]), sequence([2, 5, 6, 7, 8], 3), sequence([2, 5, 6, 7, 8, 9, 10], 5), sequence([2, 6, 7])];
    expect(hosts([a, b, c, other])).toEqual([2, 2, -1, -1]);
    expect(hosts([c, other, b, a])).toEqual([-1, -1, 0, 0]);
  });

  it("lets the first of equal sequences hold the others", () => {
    const one = sequence([2, 5, 6, 7]);
    expect(hosts([one, one, one])).toEqual([-1, 0, 0]);
  });

  it("overlooks the closing token where what follows in the longer one predicts nothing", () => {
    const short = sequence([2, 5, 6, 3]);
    expect(hosts([short, sequence([2, 5, 6, 7, 8, 9], 5)])).toEqual([1, -1]);
    expect(hosts([short, sequence([2, 5, 6, 7, 8, 9], 3)])).toEqual([-1, -1]);
  });

  it("leaves a sequence alone whose holder is held itself", () => {
    const short = sequence([2, 5, 6, 3]);
    const middle = sequence([2, 5, 6, 7, 8, 9], 5);
    const long = sequence([2, 5, 6, 7, 8, 9, 10], 3);
    expect(hosts([short, middle, long])).toEqual([-1, 2, -1]);
  });

  it("finds what comparing every pair finds", () => {
    const next = randomIntegers(3);
    const sequences = Array.from({ length: 300 }, () => sequence([2, ...Array.from({ length: 1 + (next() % 6) }, () => next() % 2), 3]));
    const holders = sequences.map((guest, i) => {
      const last = guest.inputIds.length - 1;
      const able = sequences.flatMap((host, j) => {
        const isLonger = host.inputIds.length > last + 1 || (host.inputIds.length === last + 1 && j < i);
        const isSame = guest.inputIds.slice(0, last).every((id, t) => host.inputIds[t] === id);
        const isFree = host.inputIds[last] === guest.inputIds[last] || host.lossWeights[last] === 0;
        return isLonger && isSame && isFree ? [j] : [];
      });
      const longest = Math.max(...able.map((j) => sequences[j]!.inputIds.length));
      return able.find((j) => sequences[j]!.inputIds.length === longest) ?? -1;
    });
    const expected = holders.map((host) => (host === -1 || holders[host] !== -1 ? -1 : host));
    expect(hosts(sequences)).toEqual(expected);
    expect(expected.filter((host) => host !== -1).length).toBeGreaterThan(100);
  });
});

describe("merging", () => {
  it("adds weights, so that what two rows train on counts twice", () => {
    const host = openSequence(sequence([2, 5, 6, 7, 8], 2));
    expect(mergeInto(host, sequence([2, 5, 6], 1))).toBe(true);
    expect(mergeInto(host, sequence([2, 5, 6], 1))).toBe(true);
    expect([...host.lossWeights]).toEqual([0, 2, 3, 1, 1]);
    expect(host.labels).toEqual(host.inputIds);
  });

  it("puts a row's own closing token beside the token that follows", () => {
    const host = openSequence(sequence([2, 5, 6, 7, 8], 4));
    expect(mergeInto(host, { ...sequence([2, 5, 6, 3]), segments: Uint8Array.of(0, 0, 8, 9) })).toBe(true);
    expect([...host.inputIds]).toEqual([2, 5, 6, 7, 8]);
    expect([...host.labels]).toEqual([2, 5, 6, 3, 8]);
    expect([...host.lossWeights]).toEqual([0, 0, 1, 1, 1]);
    expect(host.segments[3]).toBe(9);
  });

  it("refuses what is no beginning, or would predict two tokens from one place, and then changes nothing", () => {
    const original = sequence([2, 5, 6, 7, 8], 3);
    const host = openSequence(original);
    for (const guest of [sequence([2, 4, 6, 7]), sequence([2, 5, 6, 3]), sequence([2, 5, 6, 7, 8, 9])]) {
      expect(mergeInto(host, guest)).toBe(false);
      expect(host).toEqual(original);
    }
  });

  it("leaves the sequence it was made from as it is", () => {
    const original = sequence([2, 5, 6]);
    mergeInto(openSequence(original), sequence([2, 5, 6]));
    expect(original).toEqual(sequence([2, 5, 6]));
  });
});
