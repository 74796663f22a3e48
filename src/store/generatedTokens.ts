/** @file Generated tokens as bytes: two counts, then ids, log-probabilities, ids of the alternatives and theirs; four bytes each, little-endian. */
import type { GeneratedTokens } from "#contracts/trainer.ts";

const WORD = 4;

export function encodeTokens({ tokenIds, logProbs, alternativeIds, alternativeLogProbs }: GeneratedTokens): Buffer {
  const parts: readonly (readonly [Int32Array | Float32Array, "writeInt32LE" | "writeFloatLE"])[] = [
    [tokenIds, "writeInt32LE"],
    [logProbs, "writeFloatLE"],
    [alternativeIds, "writeInt32LE"],
    [alternativeLogProbs, "writeFloatLE"],
  ];
  const bytes = Buffer.alloc(WORD * (2 + parts.reduce((sum, [values]) => sum + values.length, 0)));
  let at = bytes.writeInt32LE(tokenIds.length, 0);
  at = bytes.writeInt32LE(alternativeIds.length, at);
  for (const [values, write] of parts) for (const value of values) at = bytes[write](value, at);
  return bytes;
}

export function decodeTokens(bytes: Buffer): GeneratedTokens {
  const [numTokens, numAlternatives] = [bytes.readInt32LE(0), bytes.readInt32LE(WORD)];
  let at = 2 * WORD;
  const ints = (length: number) => Int32Array.from({ length }, () => bytes.readInt32LE((at += WORD) - WORD));
  const floats = (length: number) => Float32Array.from({ length }, () => bytes.readFloatLE((at += WORD) - WORD));
  return {
    tokenIds: ints(numTokens),
    logProbs: floats(numTokens),
    alternativeIds: ints(numAlternatives),
    alternativeLogProbs: floats(numAlternatives),
  };
}
