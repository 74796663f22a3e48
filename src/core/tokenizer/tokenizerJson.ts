/** @file Hugging Face's `tokenizer.json`, as far as a byte-level BPE fills it. */
import type { PreTokenizerConfig } from "./preTokenizer.ts";

/** A token with an id of its own, which Hugging Face's library finds in text before anything else. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
}

export interface AddedTokenJson extends AddedToken {
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** @typeParam Merge a pair, or for older readers one text with a space between the two */
export interface TokenizerJson<Merge extends string | readonly [string, string] = readonly [string, string]> {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: null;
  readonly pre_tokenizer: PreTokenizerConfig;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly model: {
    readonly type: "BPE";
    readonly dropout: null;
    readonly unk_token: null;
    readonly continuing_subword_prefix: null;
    readonly end_of_word_suffix: null;
    readonly fuse_unk: false;
    readonly byte_fallback: false;
    readonly ignore_merges: boolean;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly Merge[];
  };
}

export const addedTokenJson = ({ id, content }: AddedToken): AddedTokenJson => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** @param start stands in front of every text, as in OPT; nothing stands behind it */
export function byteLevelTokenizerJson<Merge extends string | readonly [string, string]>({
  added,
  start,
  preTokenizer,
  ignoreMerges = false,
  vocab,
  merges,
}: {
  readonly added: readonly AddedToken[];
  readonly start: AddedToken;
  readonly preTokenizer: PreTokenizerConfig;
  readonly ignoreMerges?: boolean;
  /** With the added tokens, as in OPT's own files: Hugging Face's library takes their ids from here. */
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly Merge[];
}): TokenizerJson<Merge> {
  const startToken = { SpecialToken: { id: start.content, type_id: 0 } };
  const sequence = (id: "A" | "B", type: number): object => ({ Sequence: { id, type_id: type } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map(addedTokenJson),
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: {
      type: "TemplateProcessing",
      single: [startToken, sequence("A", 0)],
      pair: [startToken, sequence("A", 0), sequence("B", 1)],
      special_tokens: { [start.content]: { id: start.content, ids: [start.id], tokens: [start.content] } },
    },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges,
      vocab,
      merges,
    },
  };
}
