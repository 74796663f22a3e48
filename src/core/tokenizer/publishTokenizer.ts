/**
 * @file A tokenizer as the files that Hugging Face's libraries read, giving the ids that ours gives.
 *
 * Theirs find every added token in plain text, ours find none. So only what the chat template writes is listed as added: the end token,
 * padding and the role markers. Other special names (`<s>`, `<mask>` ...) stay entries of the vocabulary, which no merge leads to.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import { fromByteChars } from "./byteAlphabet.ts";
import { jinjaTemplate, TEMPLATE_LIMITS } from "./jinjaTemplate.ts";
import { loadTokenizer, type TokenizerFiles } from "./loadTokenizer.ts";
import type { PreTokenizerConfig } from "./preTokenizer.ts";
import { ROLE_MARKERS, type SpecialTokenIds, type Tokenizer } from "./tokenizer.ts";
import { type AddedToken, addedTokenJson, byteLevelTokenizerJson } from "./tokenizerJson.ts";

export interface PublishedTokenizer {
  /** Texts by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** What these files say otherwise than ours, or cannot say. */
  readonly changes: readonly LedgerChange[];
}

/** What of a `tokenizer.json` decides about ids. */
interface Parts {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
  readonly added: readonly AddedToken[];
  readonly preTokenizer: PreTokenizerConfig;
  readonly ignoreMerges: boolean;
}

const GPT2_SPLIT: PreTokenizerConfig = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

function partsOf(files: TokenizerFiles): Parts {
  if ("vocabJson" in files) {
    const lines = files.mergesText.split(/\r?\n/).filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#version")));
    return { vocab: JSON.parse(files.vocabJson), merges: lines, added: [], preTokenizer: GPT2_SPLIT, ignoreMerges: false };
  }
  const json = JSON.parse(files.tokenizerJson);
  const merges = (json.model.merges as readonly (string | readonly string[])[]).map((merge) =>
    typeof merge === "string" ? merge : merge.join(" "),
  );
  return {
    vocab: json.model.vocab,
    merges,
    added: json.added_tokens ?? [],
    preTokenizer: json.pre_tokenizer,
    ignoreMerges: json.model.ignore_merges === true,
  };
}

/**
 * @param files      the tokenizer's own files; read without fault by `loadTokenizer` before
 * @param maxLength  tokens that the model's window holds
 */
export function publishTokenizer(files: TokenizerFiles, maxLength: number): PublishedTokenizer {
  const tokenizer = loadTokenizer(files);
  const parts = partsOf(files);
  const changes: LedgerChange[] = TEMPLATE_LIMITS.map((detail) => ({ rule: "chat-template-limit", detail }));

  const written = namesOf(tokenizer);
  const isWritten = ({ id }: AddedToken): boolean => written.some((token) => token.id === id);
  // an entry has to be spelled in the byte alphabet, and `ignore_merges` would let a text reach it
  const mustStayAdded = ({ content }: AddedToken): boolean => parts.ignoreMerges || fromByteChars(content) === null;
  const kept = parts.added.filter((token) => !isWritten(token) && mustStayAdded(token));
  if (kept.length > 0) {
    const names = kept.map(({ content }) => content).join(" ");
    changes.push({ rule: "special-tokens-in-text", detail: `Other tokenizers find these special tokens in plain text: ${names}.` });
  }
  const added = [...written, ...kept].sort((a, b) => a.id - b.id);
  const vocab = { ...parts.vocab };
  for (const { content, id } of [...parts.added, ...written]) vocab[content] = id;

  // OPT starts every text with its end token, which its published class does by `add_bos_token`
  const start = { id: tokenizer.special.bos, content: nameOf(tokenizer, "bos") };
  const texts = new Map([
    ["tokenizer.json", JSON.stringify(byteLevelTokenizerJson({ ...parts, added, start, vocab }))],
    ["tokenizer_config.json", pretty(tokenizerConfig(added, tokenizer, maxLength))],
    ["special_tokens_map.json", pretty(specialTokens(tokenizer))],
    [
      "chat_template.jinja",
      jinjaTemplate(
        nameOf(tokenizer, "eos"),
        added.map(({ content }) => content),
      ),
    ],
  ]);
  const pair = vocabAndMerges(files, parts, tokenizer);
  if (pair === null) {
    const detail =
      "vocab.json and merges.txt are left out: alone they stand for GPT-2's way of splitting text, and this tokenizer has its own. tokenizer.json holds everything.";
    changes.push({ rule: "vocab-and-merges-left-out", detail });
  } else {
    texts.set("vocab.json", pair.vocabJson);
    texts.set("merges.txt", pair.mergesText);
  }
  return { files: texts, changes };
}

const nameOf = (tokenizer: Tokenizer, role: keyof SpecialTokenIds): string => tokenizer.decode([tokenizer.special[role]]);

/** Every token that the template writes, and padding. */
function namesOf(tokenizer: Tokenizer): readonly AddedToken[] {
  const ids = new Set(Object.values(tokenizer.special) as number[]);
  return [...ids].map((id) => ({ id, content: tokenizer.decode([id]) }));
}

function specialTokens(tokenizer: Tokenizer): object {
  const end = nameOf(tokenizer, "eos");
  return {
    bos_token: end,
    eos_token: end,
    unk_token: end,
    pad_token: nameOf(tokenizer, "pad"),
    additional_special_tokens: Object.values(ROLE_MARKERS),
  };
}

function tokenizerConfig(added: readonly AddedToken[], tokenizer: Tokenizer, maxLength: number): object {
  return {
    // the class that takes everything from tokenizer.json; GPT-2's own would set the start token aside in some versions
    tokenizer_class: "PreTrainedTokenizerFast",
    ...specialTokens(tokenizer),
    added_tokens_decoder: Object.fromEntries(
      added.map(({ id, content }) => {
        const { id: _id, ...fields } = addedTokenJson({ id, content });
        return [id, fields];
      }),
    ),
    add_bos_token: true,
    clean_up_tokenization_spaces: false,
    model_input_names: ["input_ids", "attention_mask"],
    model_max_length: maxLength,
  };
}

/** `vocab.json` and `merges.txt`, where they alone give the same tokenizer; as they were where the tokenizer came from them. */
function vocabAndMerges(
  files: TokenizerFiles,
  parts: Parts,
  tokenizer: Tokenizer,
): { readonly vocabJson: string; readonly mergesText: string } | null {
  if ("vocabJson" in files) return files;
  const split = parts.preTokenizer;
  if (split.type !== "ByteLevel" || split.use_regex === false || parts.ignoreMerges) return null;
  const markers = new Set<string>(Object.values(ROLE_MARKERS));
  const entries = [...Object.entries(parts.vocab), ...parts.added.map(({ content, id }) => [content, id] as const)];
  const vocabJson = JSON.stringify(Object.fromEntries(entries.filter(([token]) => !markers.has(token))));
  const mergesText = `#version: 0.2\n${parts.merges.join("\n")}\n`;
  const { special } = loadTokenizer({ name: files.name, vocabJson, mergesText });
  const isSame = Object.entries(special).every(([role, id]) => tokenizer.special[role as keyof SpecialTokenIds] === id);
  return isSame ? { vocabJson, mergesText } : null;
}

const pretty = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
