/**
 * @file Cutting text into the pieces that BPE merges within, from the `pre_tokenizer` of a `tokenizer.json`.
 *
 * Supported is what byte-level models use: `ByteLevel` with GPT-2's own pattern, or a `Sequence` of isolating `Split` patterns ended by
 * `ByteLevel`. Every piece is a substring, and the pieces joined are the text again; settings that would add or drop text are refused,
 * since offsets of tokens in the text would then be wrong.
 */
import { SplitPreTokenizer } from "@huggingface/tokenizers";

/** GPT-2's pattern (openai/gpt-2 `encoder.py`), which OPT uses unchanged. */
export const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export type SplitConfig = {
  readonly type: "Split";
  readonly pattern: { readonly Regex: string } | { readonly String: string };
  readonly behavior: "Isolated";
  readonly invert: boolean;
};
export type ByteLevelConfig = {
  readonly type: "ByteLevel";
  readonly add_prefix_space: boolean;
  readonly trim_offsets: boolean;
  readonly use_regex: boolean;
};
export type PreTokenizerConfig =
  ByteLevelConfig | { readonly type: "Sequence"; readonly pretokenizers: readonly (SplitConfig | ByteLevelConfig)[] };

/** `Sequence(Split(pattern, isolated), ByteLevel(no pattern of its own))`: the form in which our own tokenizers state their pattern. */
export function patternPreTokenizer(pattern: string): PreTokenizerConfig {
  return {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  };
}

export type Splitter = (text: string) => string[];

/** The splitter, or a sentence saying what is not supported. */
export function compilePreTokenizer(config: unknown): { readonly split: Splitter } | { readonly unsupported: string } {
  const steps = stepsOf(config);
  if (steps.at(-1)?.["type"] !== "ByteLevel") return { unsupported: "the pre-tokenizer is not byte-level" };
  const splitters: Splitter[] = [];
  for (const step of steps) {
    if (step["type"] === "ByteLevel") {
      if (step["add_prefix_space"] === true) return { unsupported: "the pre-tokenizer adds a space in front of the text" };
      if (step["use_regex"] !== false) splitters.push(regexSplitter(GPT2_PATTERN));
    } else if (step["type"] === "Split") {
      const pattern = step["pattern"] as { Regex?: string; String?: string } | undefined;
      if (step["behavior"] !== "Isolated" || step["invert"] === true || (pattern?.Regex ?? pattern?.String) === undefined) {
        return { unsupported: "a Split step other than Isolated" };
      }
      splitters.push(isolatingSplitter(pattern!));
    } else return { unsupported: `a pre-tokenizer step of type ${String(step["type"])}` };
  }
  return { split: (text) => splitters.reduce((pieces, splitter) => pieces.flatMap((piece) => splitter(piece)), text === "" ? [] : [text]) };
}

function stepsOf(config: unknown): Record<string, unknown>[] {
  if (typeof config !== "object" || config === null) return [];
  const step = config as Record<string, unknown>;
  return step["type"] === "Sequence" && Array.isArray(step["pretokenizers"]) ? step["pretokenizers"].flatMap(stepsOf) : [step];
}

/** GPT-2's alternatives cover every character, so the matches are all there is. */
function regexSplitter(pattern: string): Splitter {
  const regex = new RegExp(pattern, "gu");
  return (text) => text.match(regex) ?? [];
}

/** Translated from Oniguruma to JavaScript by the tokenizers library. */
function isolatingSplitter(pattern: { Regex?: string; String?: string }): Splitter {
  const splitter = new SplitPreTokenizer({ type: "Split", pattern, behavior: "Isolated", invert: false });
  return (text) => splitter.pre_tokenize_text(text);
}
