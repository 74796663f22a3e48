/**
 * @file A tokenizer from the texts of its files: `vocab.json` + `merges.txt` with OPT's settings, or `tokenizer.json`.
 *
 * OPT takes GPT-2's byte-level BPE with the id order of fairseq: `<s>` 0, `<pad>` 1, `</s>` 2 (both start and end), `<unk>` 3, 50,265
 * entries in all; its embedding has 50,272 rows, so the five role markers take the first five of the seven rows that no entry uses.
 */
import { BPE } from "@huggingface/tokenizers";
import { AppError } from "#contracts/errors.ts";
import { fromByteChars, toByteChars } from "./byteAlphabet.ts";
import { compilePreTokenizer, type Splitter } from "./preTokenizer.ts";
import { ROLE_MARKERS, type RoleMarker, type SpecialTokenIds, type Tokenizer } from "./tokenizer.ts";

/** Texts of a tokenizer's files; `name` is how errors and screens call it. */
export type TokenizerFiles =
  | { readonly name: string; readonly tokenizerJson: string }
  | { readonly name: string; readonly vocabJson: string; readonly mergesText: string };

/** What both spellings of a tokenizer come down to. */
interface TokenizerParts {
  readonly name: string;
  /** Entries reachable from text. */
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  /** Entries reachable by id only. */
  readonly added: ReadonlyMap<string, number>;
  readonly split: Splitter;
  /** A piece that is an entry becomes that entry, whether or not merges lead there. */
  readonly ignoreMerges: boolean;
}

/** @throws E_MODEL_INVALID where a file cannot be read or asks for a kind of tokenizer that is not byte-level BPE */
export function loadTokenizer(files: TokenizerFiles): Tokenizer {
  return assemble("tokenizerJson" in files ? readTokenizerJson(files.name, files.tokenizerJson) : readOptFiles(files));
}

function refuse(name: string, detail: string): never {
  throw new AppError("E_MODEL_INVALID", { path: name, detail });
}

function parseObject(name: string, file: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("E_MODEL_INVALID", { path: name, detail: `${file} is not valid JSON` }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(name, `${file} does not hold an object`);
  return value as Record<string, unknown>;
}

/** Names that OPT's vocabulary lists although no text may become them. */
const OPT_SPECIAL = /^(<s>|<pad>|<\/s>|<unk>|<mask>|<\|endoftext\|>|madeupword\d{4})$/;

function readOptFiles(files: { name: string; vocabJson: string; mergesText: string }): TokenizerParts {
  const entries = [...readVocab(files.name, parseObject(files.name, "vocab.json", files.vocabJson))];
  const merges = files.mergesText
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#version")))
    .map((line) => toPair(files.name, line));
  const gpt2 = compilePreTokenizer({ type: "ByteLevel", add_prefix_space: false });
  if ("unsupported" in gpt2) refuse(files.name, gpt2.unsupported);
  return {
    name: files.name,
    vocab: new Map(entries.filter(([token]) => !OPT_SPECIAL.test(token))),
    merges,
    added: new Map(entries.filter(([token]) => OPT_SPECIAL.test(token))),
    split: gpt2.split,
    ignoreMerges: false,
  };
}

/** Ids beyond this are a broken file: a table of them would not fit in memory. */
const MAX_ID = 10_000_000;

function readVocab(name: string, vocab: object): Map<string, number> {
  const entries = Object.entries(vocab);
  const wrong = entries.find(([, id]) => !isId(id));
  if (wrong !== undefined) refuse(name, `the entry ${JSON.stringify(wrong[0])} has no id`);
  return new Map(entries as [string, number][]);
}

const isId = (id: unknown): id is number => Number.isInteger(id) && (id as number) >= 0 && (id as number) <= MAX_ID;

function toPair(name: string, merge: unknown): readonly [string, string] {
  const pair = typeof merge === "string" ? merge.split(" ") : merge;
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((part) => typeof part !== "string"))
    refuse(name, `a merge is not a pair: ${JSON.stringify(merge)}`);
  return pair as [string, string];
}

function readTokenizerJson(name: string, text: string): TokenizerParts {
  const json = parseObject(name, "tokenizer.json", text);
  const model = (json["model"] ?? {}) as Record<string, unknown>;
  const { vocab, merges } = model;
  if (model["type"] !== "BPE" || typeof vocab !== "object" || vocab === null || !Array.isArray(merges)) {
    refuse(name, "tokenizer.json does not describe a BPE model");
  }
  if (model["continuing_subword_prefix"] || model["end_of_word_suffix"]) refuse(name, "its entries mark the ends of words");
  if (json["normalizer"] !== null && json["normalizer"] !== undefined) refuse(name, "its normalizer would change the text");
  const preTokenizer = compilePreTokenizer(json["pre_tokenizer"]);
  if ("unsupported" in preTokenizer) refuse(name, preTokenizer.unsupported);
  const added = readAddedTokens(name, json["added_tokens"] ?? []);
  return {
    name,
    vocab: new Map([...readVocab(name, vocab)].filter(([token]) => !added.has(token))),
    merges: merges.map((merge) => toPair(name, merge)),
    added,
    split: preTokenizer.split,
    ignoreMerges: model["ignore_merges"] === true,
  };
}

function readAddedTokens(name: string, tokens: unknown): Map<string, number> {
  if (!Array.isArray(tokens)) refuse(name, "its added tokens are no list");
  return new Map(
    tokens.map((token: { content?: unknown; id?: unknown } | null) => {
      if (typeof token?.content !== "string" || !isId(token.id)) refuse(name, `an added token has no text or id: ${JSON.stringify(token)}`);
      return [token.content, token.id] as const;
    }),
  );
}

/** Tokens of one piece are remembered up to this many pieces; natural text repeats itself, so most pieces are found. */
const MAX_REMEMBERED_PIECES = 200_000;
const MAX_REMEMBERED_LENGTH = 64;
/** Longer pieces (a megabyte of Base64) are encoded in parts, since BPE keeps an object for each byte; ids then differ at the cuts. */
const MAX_PIECE_LENGTH = 100_000;

function assemble(parts: TokenizerParts): Tokenizer {
  const bytesById: Uint8Array[] = [];
  const idByToken = parts.vocab;
  for (const [token, id] of idByToken) {
    bytesById[id] = fromByteChars(token) ?? refuse(parts.name, `the entry ${JSON.stringify(token)} is not byte-level`);
  }
  const model: ConstructorParameters<typeof BPE>[0] = {
    type: "BPE",
    vocab: Object.fromEntries(idByToken),
    merges: parts.merges.map(([a, b]): [string, string] => [a, b]),
    // decided before BPE is asked
    ignore_merges: false,
  };
  const bpe = new BPE(model);

  const utf8 = new TextEncoder();
  const { special, named } = placeSpecialTokens(parts, bytesById.length);
  const specialIds = new Set(named.values());
  for (const [token, id] of named) bytesById[id] = utf8.encode(token);

  const remembered = new Map<string, readonly number[]>();
  const encodePiece = (piece: string): readonly number[] => {
    const known = remembered.get(piece);
    if (known !== undefined) return known;
    if (piece.length > MAX_PIECE_LENGTH) return partsOf(piece).flatMap(encodePiece);
    const chars = toByteChars(piece);
    const tokens = parts.ignoreMerges && idByToken.has(chars) ? [chars] : bpe.bpe(chars);
    const ids = tokens.map((token) => idByToken.get(token) ?? refuse(parts.name, `there is no entry for ${JSON.stringify(token)}`));
    if (piece.length <= MAX_REMEMBERED_LENGTH) {
      if (remembered.size >= MAX_REMEMBERED_PIECES) remembered.clear();
      remembered.set(piece, ids);
    }
    return ids;
  };

  const noBytes = new Uint8Array(0);
  return {
    name: parts.name,
    vocabSize: bytesById.length,
    special,
    encode(text) {
      const ids: number[] = [];
      for (const piece of parts.split(text)) for (const id of encodePiece(piece)) ids.push(id);
      return ids;
    },
    decode(ids) {
      const chunks: Uint8Array[] = [];
      let numBytes = 0;
      for (const id of ids) {
        const bytes = bytesById[id] ?? noBytes;
        chunks.push(bytes);
        numBytes += bytes.length;
      }
      const bytes = new Uint8Array(numBytes);
      let offset = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, offset);
        offset += chunk.length;
      }
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    },
    tokenBytes: (id) => bytesById[id] ?? noBytes,
    isSpecial: (id) => specialIds.has(id),
  };
}

/** Cut between characters. */
function partsOf(piece: string): string[] {
  const cuts: string[] = [];
  for (let start = 0; start < piece.length;) {
    const limit = start + MAX_PIECE_LENGTH;
    const end = /[\uD800-\uDBFF]/.test(piece[limit - 1] ?? "") ? limit - 1 : limit;
    cuts.push(piece.slice(start, end));
    start = end;
  }
  return cuts;
}

/** Role markers that the files do not name take the first rows after every entry, in the order of `ROLE_MARKERS`. */
function placeSpecialTokens(parts: TokenizerParts, numTextRows: number): { special: SpecialTokenIds; named: Map<string, number> } {
  const named = new Map(parts.added);
  let nextId = numTextRows;
  for (const id of named.values()) nextId = Math.max(nextId, id + 1);
  const role = (marker: RoleMarker): number => {
    const content = ROLE_MARKERS[marker];
    const known = named.get(content);
    if (known !== undefined) return known;
    named.set(content, nextId);
    return nextId++;
  };
  const eos = named.get("</s>") ?? named.get("<|endoftext|>") ?? refuse(parts.name, "it has no end token </s>");
  const special: SpecialTokenIds = {
    bos: eos,
    eos,
    pad: named.get("<pad>") ?? refuse(parts.name, "it has no padding token <pad>"),
    system: role("system"),
    tools: role("tools"),
    user: role("user"),
    assistant: role("assistant"),
    result: role("result"),
  };
  return { special, named };
}
