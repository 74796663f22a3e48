/**
 * @file One sequence in place of many: a sequence that is the beginning of another is trained inside of it.
 *
 * Attention is causal, so the hidden states of a beginning do not depend on what follows. A longer sequence that carries the shorter
 * one's labels and weights besides its own therefore has the same loss for each token and the sum of both gradients:
 *
 *   grad(sum over s of w[s] * loss[s]) = sum over the merged sequences of their own gradients
 *
 * The last token of the shorter one is a label only, nothing is predicted from it. It may differ from what follows in the longer one;
 * its label then stands beside another input token.
 */
import type { TrainExample } from "./microBatch.ts";

/**
 * Finds for each sequence the longest other one that holds it, from hashes of beginnings: sequences pass by twice and none is kept.
 * `mergeInto` compares the tokens themselves, so a chance equality of hashes costs nothing but the merge.
 */
export class PrefixFinder {
  /** By hash of all tokens but the last: indices of sequences. */
  readonly #byStem = new Map<number, number[]>();
  readonly #lengths: number[] = [];
  readonly #lastTokens: number[] = [];
  /** 1 where some sequence has this length. */
  #isLength = new Uint8Array(4096);
  readonly #hosts: number[] = [];

  /** First pass, in order. */
  add({ inputIds }: TrainExample): void {
    const index = this.#lengths.length;
    const { length } = inputIds;
    this.#lengths.push(length);
    this.#lastTokens.push(inputIds[length - 1] ?? -1);
    this.#hosts.push(-1);
    if (length === 0) return;
    if (length >= this.#isLength.length) {
      const longer = new Uint8Array(2 * length);
      longer.set(this.#isLength);
      this.#isLength = longer;
    }
    this.#isLength[length] = 1;
    const hash = new RollingHash();
    for (let t = 0; t < length - 1; t++) hash.add(inputIds[t]!);
    const same = this.#byStem.get(hash.value);
    if (same === undefined) this.#byStem.set(hash.value, [index]);
    else same.push(index);
  }

  /** Second pass, in the same order, after all were added. */
  offer(index: number, { inputIds, labels, lossWeights }: TrainExample): void {
    const hash = new RollingHash();
    for (let t = 0; t < inputIds.length; t++) {
      if (this.#isLength[t + 1] === 1) {
        for (const guest of this.#byStem.get(hash.value) ?? []) {
          if (this.#lengths[guest] !== t + 1 || !this.#isBetter(index, guest)) continue;
          // a place predicts one thing: another last token needs one that predicts nothing yet
          if (this.#lastTokens[guest] === labels[t] || lossWeights[t] === 0) this.#hosts[guest] = index;
        }
      }
      hash.add(inputIds[t]!);
    }
  }

  /** Index of the sequence that holds this one, or -1; never of one that is itself held by another. */
  hostOf(index: number): number {
    const host = this.#hosts[index]!;
    return host === -1 || this.#hosts[host] !== -1 ? -1 : host;
  }

  /** The longest holds all; of equals, the first. */
  #isBetter(host: number, guest: number): boolean {
    const isLonger = (a: number, b: number): boolean => {
      const difference = this.#lengths[a]! - this.#lengths[b]!;
      return difference > 0 || (difference === 0 && a < b);
    };
    const best = this.#hosts[guest]!;
    return isLonger(host, guest) && (best === -1 || isLonger(host, best));
  }
}

/** Two multiplicative hashes of 32 bits, joined to the 53 that a number holds exactly. */
class RollingHash {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  add(token: number): void {
    this.#a = Math.imul(this.#a ^ token, 0x01000193);
    this.#b = Math.imul(this.#b ^ (this.#b >>> 15), 0x85ebca6b) + token;
  }

  get value(): number {
    return (this.#a >>> 0) * 0x200000 + ((this.#b ^ (this.#b >>> 13)) >>> 11);
  }
}

/** A sequence that takes others in: arrays of its own, written to. */
export const openSequence = ({ inputIds, labels, lossWeights, segments }: TrainExample): TrainExample => ({
  inputIds,
  labels: labels.slice(),
  lossWeights: lossWeights.slice(),
  segments: segments.slice(),
});

/**
 * Adds a guest's labels and weights to its host.
 *
 * @param host written to, unless the guest stays outside
 * @returns false where the guest is no beginning of the host, or a place would have to predict two different tokens
 */
export function mergeInto(host: TrainExample, guest: TrainExample): boolean {
  const { length } = guest.inputIds;
  if (length > host.inputIds.length) return false;
  for (let t = 0; t < length; t++) {
    if (t < length - 1 && guest.inputIds[t] !== host.inputIds[t]) return false;
    if (guest.lossWeights[t]! > 0 && host.lossWeights[t]! > 0 && guest.labels[t] !== host.labels[t]) return false;
  }
  for (let t = 1; t < length; t++) {
    const weight = guest.lossWeights[t]!;
    if (weight === 0) continue;
    host.labels[t] = guest.labels[t]!;
    host.segments[t] = guest.segments[t]!;
    host.lossWeights[t]! += weight;
  }
  return true;
}
