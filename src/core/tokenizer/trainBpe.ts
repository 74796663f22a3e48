/**
 * @file Training of a small byte-level BPE (Sennrich et al. 2016, arXiv 1508.07909, over GPT-2's byte alphabet), for the sample model.
 *
 * Words are pre-tokens: merges never cross their borders. In each round the most frequent neighbouring pair becomes one token; of equally
 * frequent pairs the one with the smaller ids wins, so that the same counts give the same tokenizer on every machine.
 *
 * The result is a Hugging Face `tokenizer.json` object. Ids: `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3 (OPT's order), the five role markers
 * 4-8, the 256 bytes 9-264, then one token for each merge. As with OPT's own files, Hugging Face's library reads `</s>` *inside a text* as the special token unless told
 * not to (`split_special_tokens`); our loader never does.
 */
import { AppError } from "#contracts/errors.ts";
import { BYTE_TO_CHAR } from "./byteAlphabet.ts";
import { compilePreTokenizer, patternPreTokenizer } from "./preTokenizer.ts";
import { ROLE_MARKERS } from "./tokenizer.ts";
import { byteLevelTokenizerJson, type TokenizerJson } from "./tokenizerJson.ts";

/**
 * A space in front of a capital letter, a digit or a quoted word is a token of its own, so that `Berlin` is the same token in running
 * text and between JSON quotes; a lower-case word keeps its leading space. Punctuation never joins letters or digits.
 */
export const VALUE_PATTERN = "'(?:s|t|re|ve|m|ll|d)| ?\\p{Ll}+|\\p{L}+|\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export interface TrainBpeOptions {
  /** Ids in all: 9 special, 256 bytes, the rest merges. Fewer where the words run out of pairs. */
  readonly vocabSize: number;
  /** Regular expression of the pre-tokens (the common subset of Oniguruma and JavaScript). */
  readonly pattern?: string;
  /** Pre-tokens that must become one token each, whatever their count: their merges come first. */
  readonly wholeWords?: readonly string[];
  /** A pair seen less often than this is not merged. */
  readonly minCount?: number;
}

const SPECIAL_TOKENS: readonly string[] = ["<s>", "<pad>", "</s>", "<unk>", ...Object.values(ROLE_MARKERS)];
const EOS_ID = 2;
const FIRST_BYTE_ID = SPECIAL_TOKENS.length;

/** Outweighs every count of a real corpus, and still adds up exactly in a double. */
const WHOLE_WORD_WEIGHT = 1e9;

function splitterOf(pattern: string): (text: string) => string[] {
  const compiled = compilePreTokenizer(patternPreTokenizer(pattern));
  if ("unsupported" in compiled) throw new AppError("E_CONFIG_INVALID", { detail: compiled.unsupported });
  return compiled.split;
}

/** How often each pre-token occurs. */
export function countWords(texts: Iterable<string>, pattern: string = VALUE_PATTERN): Map<string, number> {
  const split = splitterOf(pattern);
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** @throws E_CONFIG_INVALID where a whole word is not one pre-token, or the vocabulary is too small for the whole words */
export function trainBpe(wordCounts: ReadonlyMap<string, number>, options: TrainBpeOptions): TokenizerJson {
  const pattern = options.pattern ?? VALUE_PATTERN;
  const weights = new Map(wordCounts);
  const split = splitterOf(pattern);
  for (const word of new Set(options.wholeWords)) {
    if (split(word).length !== 1) throw new AppError("E_CONFIG_INVALID", { detail: `"${word}" is not one pre-token of ${pattern}` });
    weights.set(word, (weights.get(word) ?? 0) + WHOLE_WORD_WEIGHT);
  }
  const learned = learnMerges(weights, options.vocabSize, options.minCount ?? 1);
  if (learned.nextCount >= WHOLE_WORD_WEIGHT) {
    throw new AppError("E_CONFIG_INVALID", { detail: `a vocabulary of ${options.vocabSize} has no room for all whole words` });
  }
  return toTokenizerJson(learned, pattern);
}

/** Mutable state of one word: its tokens so far, and how often it occurs. */
interface Word {
  ids: number[];
  readonly count: number;
}

/** Pairs as one number, so that they can be keys; ids stay below 2^20. */
const pairKey = (a: number, b: number): number => a * 0x100000 + b;

interface LearnedMerges {
  /** In the order they were learned. */
  readonly merges: readonly (readonly [string, string])[];
  /** Every token in byte characters, by id; special tokens first. */
  readonly tokens: readonly string[];
  /** Count of the pair that would have come next; 0: none left. */
  readonly nextCount: number;
}

function learnMerges(wordCounts: ReadonlyMap<string, number>, vocabSize: number, minCount: number): LearnedMerges {
  const utf8 = new TextEncoder();
  const words: Word[] = [];
  for (const [text, count] of wordCounts) words.push({ ids: Array.from(utf8.encode(text), (byte) => FIRST_BYTE_ID + byte), count });

  const countOfPair = new Map<number, number>();
  const wordsOfPair = new Map<number, Set<number>>();
  const addPair = (key: number, count: number, wordIndex: number): void => {
    countOfPair.set(key, (countOfPair.get(key) ?? 0) + count);
    let holders = wordsOfPair.get(key);
    if (holders === undefined) wordsOfPair.set(key, (holders = new Set()));
    holders.add(wordIndex);
  };
  words.forEach((word, w) => {
    for (let i = 0; i + 1 < word.ids.length; i++) addPair(pairKey(word.ids[i]!, word.ids[i + 1]!), word.count, w);
  });

  const heap = new PairHeap();
  for (const [key, count] of countOfPair) heap.push(key, count);

  const merges: [string, string][] = [];
  const tokens = [...SPECIAL_TOKENS, ...BYTE_TO_CHAR];
  const idByToken = new Map(tokens.map((token, id) => [token, id]));
  for (;;) {
    const best = nextBest(heap, countOfPair);
    if (best === null || best.count < minCount || tokens.length >= vocabSize) return { merges, tokens, nextCount: best?.count ?? 0 };
    const a = Math.floor(best.key / 0x100000);
    const b = best.key % 0x100000;
    const merged = tokens[a]! + tokens[b]!;
    merges.push([tokens[a]!, tokens[b]!]);
    // two pairs may spell the same token (a+bc, ab+c): it keeps one id
    let mergedId = idByToken.get(merged);
    if (mergedId === undefined) {
      mergedId = tokens.length;
      tokens.push(merged);
      idByToken.set(merged, mergedId);
    }

    const touched = new Set<number>();
    for (const w of wordsOfPair.get(best.key)!) {
      const word = words[w]!;
      const before = word.ids;
      const after = mergePair(before, a, b, mergedId);
      if (after.length === before.length) continue;
      for (let i = 0; i + 1 < before.length; i++) {
        const key = pairKey(before[i]!, before[i + 1]!);
        countOfPair.set(key, countOfPair.get(key)! - word.count);
        touched.add(key);
      }
      for (let i = 0; i + 1 < after.length; i++) {
        const key = pairKey(after[i]!, after[i + 1]!);
        addPair(key, word.count, w);
        touched.add(key);
      }
      word.ids = after;
    }
    wordsOfPair.delete(best.key);
    countOfPair.delete(best.key);
    touched.delete(best.key);
    for (const key of touched) {
      const count = countOfPair.get(key)!;
      if (count > 0) heap.push(key, count);
    }
  }
}

/** The pair that is most frequent now: entries whose count has changed since they were pushed are passed over. */
function nextBest(heap: PairHeap, countOfPair: ReadonlyMap<number, number>): { key: number; count: number } | null {
  for (;;) {
    const top = heap.pop();
    if (top === null || countOfPair.get(top.key) === top.count) return top;
  }
}

function mergePair(ids: readonly number[], a: number, b: number, mergedId: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === a && ids[i + 1] === b) {
      merged.push(mergedId);
      i++;
    } else merged.push(ids[i]!);
  }
  return merged;
}

/** Binary heap: highest count first, then smallest key. */
class PairHeap {
  readonly #entries: { key: number; count: number }[] = [];

  #before(i: number, j: number): boolean {
    const x = this.#entries[i]!;
    const y = this.#entries[j]!;
    return x.count !== y.count ? x.count > y.count : x.key < y.key;
  }

  #swap(i: number, j: number): void {
    [this.#entries[i], this.#entries[j]] = [this.#entries[j]!, this.#entries[i]!];
  }

  push(key: number, count: number): void {
    this.#entries.push({ key, count });
    let i = this.#entries.length - 1;
    while (i > 0 && this.#before(i, (i - 1) >> 1)) {
      this.#swap(i, (i - 1) >> 1);
      i = (i - 1) >> 1;
    }
  }

  pop(): { key: number; count: number } | null {
    const top = this.#entries[0];
    if (top === undefined) return null;
    const last = this.#entries.pop()!;
    if (this.#entries.length === 0) return top;
    this.#entries[0] = last;
    for (let i = 0; ;) {
      let first = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < this.#entries.length && this.#before(child, first)) first = child;
      if (first === i) return top;
      this.#swap(i, first);
      i = first;
    }
  }
}

function toTokenizerJson({ merges, tokens }: LearnedMerges, pattern: string): TokenizerJson {
  return byteLevelTokenizerJson({
    added: SPECIAL_TOKENS.map((content, id) => ({ id, content })),
    start: { id: EOS_ID, content: SPECIAL_TOKENS[EOS_ID]! },
    preTokenizer: patternPreTokenizer(pattern),
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
  });
}
