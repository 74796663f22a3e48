/**
 * @file What the rest of the product asks of a tokenizer.
 *
 * Special tokens exist as ids only: `encode` never returns one, whatever the text says, so that no user text can forge a role marker
 * or an end of turn. `chatTemplate.ts` is the one place that inserts them.
 */

/** Ids that carry the structure of a conversation. As in OPT, `bos` and `eos` are the same token `</s>` (id 2) and `pad` is another. */
export interface SpecialTokenIds {
  /** First token of every example. */
  readonly bos: number;
  /** Closes an assistant turn; the stop token of generation. */
  readonly eos: number;
  readonly pad: number;
  readonly system: number;
  readonly tools: number;
  readonly user: number;
  readonly assistant: number;
  readonly result: number;
}

/** The five role markers, spelled as they are shown and as `tokenizer.json` names them. */
export const ROLE_MARKERS = {
  system: "<|system|>",
  tools: "<|tools|>",
  user: "<|user|>",
  assistant: "<|assistant|>",
  result: "<|result|>",
} as const satisfies Partial<Record<keyof SpecialTokenIds, string>>;
export type RoleMarker = keyof typeof ROLE_MARKERS;

export interface Tokenizer {
  readonly name: string;
  /** One more than the highest id in use, role markers included: a model's embedding needs at least this many rows. */
  readonly vocabSize: number;
  readonly special: SpecialTokenIds;
  /** Ids of the text alone: nothing is added, and no id is special. */
  encode(text: string): number[];
  /** The text of these ids. A special token shows as its name; bytes that are no whole character show as U+FFFD. */
  decode(ids: Iterable<number>): string;
  /** Bytes that a token stands for; for a special token, those of its name; empty for an id of no token. Not to be written to. */
  tokenBytes(id: number): Uint8Array;
  /** True for ids that `encode` never returns. */
  isSpecial(id: number): boolean;
}
