/** @file Base text as training examples of nearly one length, so that a batch is hardly padded. */
import type { TrajectoryContent, TrajectoryId, Turn } from "#contracts/trajectory.ts";
import { blocksLength, encodeBlocks } from "#core/tokenizer/blocks.ts";
import { buildExample } from "#core/tokenizer/buildExample.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { trainExampleOf, type TrainExample } from "#core/training/microBatch.ts";
import type { MaskMode } from "#contracts/example.ts";
import { baseConversation, plainConversation } from "./baseText.ts";
import { createRandom } from "./random.ts";

/** More than any window holds; what does not fit is left out, whole requests at a time. */
const NUM_REQUESTS = 12;

/** The longest beginning of the conversation that ends before a request and fits. */
function fit(content: TrajectoryContent, tokenizer: Tokenizer, maxLength: number): TrajectoryContent | null {
  const ends = content.turns.flatMap((turn, index) =>
    index > 1 && turn.role === "user" && endsExchange(content.turns[index - 1]!) ? [index] : [],
  );
  for (const end of [content.turns.length, ...ends.reverse()]) {
    if (blocksLength(encodeBlocks(content, tokenizer, end)) <= maxLength) return { ...content, turns: content.turns.slice(0, end) };
  }
  return null;
}

const endsExchange = (turn: Turn): boolean => turn.role === "assistant";

export interface BaseExamplesOptions {
  readonly seed: number;
  /** Tokens of the whole set, at least. */
  readonly numTokens: number;
  readonly maxLength: number;
  readonly maskMode: MaskMode;
  readonly minOffered: number;
  /** 0: plain conversations. */
  readonly maxOffered: number;
}

/** Examples until they hold `numTokens`; each the longest that fits `maxLength`. */
export function buildBaseExamples(tokenizer: Tokenizer, options: BaseExamplesOptions): TrainExample[] {
  const { seed, maxLength, maskMode, minOffered, maxOffered } = options;
  const examples: TrainExample[] = [];
  let numTokens = 0;
  for (let i = 0; numTokens < options.numTokens; i++) {
    const random = createRandom(seed, `base ${i}`);
    const numOffered = minOffered + random.below(maxOffered - minOffered + 1);
    const drawn = maxOffered === 0 ? plainConversation(random) : baseConversation(random, { numRequests: NUM_REQUESTS, numOffered });
    const content = fit(drawn, tokenizer, maxLength);
    if (content === null) continue;
    const outcome = buildExample({ ...content, id: `T-${i}` as TrajectoryId, split: "train" }, tokenizer, { maxLength, maskMode });
    if (!outcome.ok) continue;
    examples.push(trainExampleOf(outcome.example));
    numTokens += outcome.example.inputIds.length;
  }
  return examples;
}
