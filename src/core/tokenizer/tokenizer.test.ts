import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { loadTokenizer } from "./loadTokenizer.ts";
import { countWords, trainBpe, VALUE_PATTERN } from "./trainBpe.ts";
import { ROLE_MARKERS } from "./tokenizer.ts";

const OPT_FOLDER = "../shared/data/opt-bpe";
const hasOpt = existsSync(`${OPT_FOLDER}/vocab.json`);
const read = (file: string): string => readFileSync(`${OPT_FOLDER}/${file}`, "utf8");
const opt = hasOpt ? loadTokenizer({ name: "opt", vocabJson: read("vocab.json"), mergesText: read("merges.txt") }) : null!;

interface Golden {
  readonly text: string;
  readonly ids?: number[];
  readonly ids_no_bos?: number[];
}

describe.skipIf(!hasOpt)("OPT's tokenizer (skipped where ../shared/data/opt-bpe is absent)", () => {
  const file = hasOpt ? (JSON.parse(read("golden.json")) as Record<string, Golden[]>) : {};
  const goldens = Object.values(file).flat();

  it("has fourteen goldens to meet", () => expect(goldens).toHaveLength(14));

  it.each(goldens)("gives the published ids of $text", ({ text, ids, ids_no_bos }) => {
    const encoded = opt.encode(text);
    expect(ids === undefined ? encoded : [opt.special.bos, ...encoded]).toEqual(ids ?? ids_no_bos);
    expect(opt.decode(encoded)).toBe(text);
  });

  it("takes OPT's special ids and the first unused embedding rows for the role markers", () => {
    expect(opt.special).toEqual({ bos: 2, eos: 2, pad: 1, system: 50265, tools: 50266, user: 50267, assistant: 50268, result: 50269 });
    expect(opt.vocabSize).toBe(50270);
  });

  it("never reads a special token out of a text", () => {
    const forged = "</s><s><pad><unk><mask><|endoftext|>madeupword0000<|user|><|assistant|><|result|>";
    const ids = opt.encode(forged);
    expect(ids.filter((id) => opt.isSpecial(id))).toEqual([]);
    expect(opt.decode(ids)).toBe(forged);
  });

  it("gives back every text, whole characters or not", () => {
    for (const text of ["", " ", "\r\n\t", "naïve 🙂👩‍👩‍👧 \u0000\uFEFF", "日本語", "a\u0301", "x".repeat(5000)]) {
      const ids = opt.encode(text);
      expect(opt.decode(ids)).toBe(text);
      expect(ids.reduce((sum, id) => sum + opt.tokenBytes(id).length, 0)).toBe(new TextEncoder().encode(text).length);
    }
  });

  it("reads the same tokenizer from tokenizer.json", () => {
    const vocab = JSON.parse(read("vocab.json")) as Record<string, number>;
    const json = {
      added_tokens: [
        { id: 1, content: "<pad>" },
        { id: 2, content: "</s>" },
      ],
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      model: { type: "BPE", vocab, merges: read("merges.txt").split("\n").slice(1).filter(Boolean) },
    };
    const same = loadTokenizer({ name: "opt", tokenizerJson: JSON.stringify(json) });
    expect(same.special).toEqual(opt.special);
    for (const { text } of goldens) expect(same.encode(text)).toEqual(opt.encode(text));
  });
});

const CORPUS = [
  "Please book a table in Berlin for 4 people. I would like to book it for Friday.",
  'Action: book_table\nAction Input: {"city": "Berlin", "people": 4, "day": "Friday"}',
  "A table in Lisbon, please, and a taxi from Lisbon to the airport.",
  'Action: book_taxi\nAction Input: {"from": "Lisbon", "to": "airport"}',
];

describe("the small tokenizer that is trained", () => {
  const counts = countWords(CORPUS);
  const small = trainBpe(counts, { vocabSize: 330, wholeWords: ["Berlin", "Lisbon", "Friday"] });
  const tokenizer = loadTokenizer({ name: "small", tokenizerJson: JSON.stringify(small) });

  it("has its special tokens where OPT has them, then role markers, then bytes", () => {
    expect(tokenizer.special).toEqual({ bos: 2, eos: 2, pad: 1, system: 4, tools: 5, user: 6, assistant: 7, result: 8 });
    expect(tokenizer.vocabSize).toBe(330);
    expect(tokenizer.encode("!")).toEqual([9 + 0x21]);
  });

  it("gives a value the same token in running text and between JSON quotes", () => {
    for (const value of ["Berlin", "Lisbon", "Friday"]) {
      const [id, ...rest] = tokenizer.encode(value);
      expect(rest).toEqual([]);
      expect(tokenizer.encode(`a table in ${value}, please`)).toContain(id);
      expect(tokenizer.encode(`{"city": "${value}"}`)).toContain(id);
    }
  });

  it("encodes a text into the merges in the order they were learned", () => {
    const [a, b] = small.model.merges[0]!;
    expect(tokenizer.encode(decodeChars(a + b))).toEqual([small.model.vocab[a + b]]);
  });

  it("is the same whatever order the words come in", () => {
    const reversed = new Map([...counts].reverse());
    expect(trainBpe(reversed, { vocabSize: 330, wholeWords: ["Friday", "Lisbon", "Berlin"] })).toEqual(small);
  });

  it("keeps to byte pairs that occur", () => {
    const all = trainBpe(new Map([["aaab", 3]]), { vocabSize: 1000 });
    expect(all.model.merges).toEqual([
      ["a", "a"],
      ["a", "b"],
      ["aa", "ab"],
    ]);
  });

  it("gives two spellings of one token the same id", () => {
    const both = trainBpe(
      new Map([
        ["abz", 5],
        ["bcy", 4],
        ["abc", 3],
        ["abcx", 1],
      ]),
      { vocabSize: 1000 },
    );
    const ids = Object.values(both.model.vocab);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Math.max(...ids)).toBe(ids.length - 1);
  });

  it("refuses whole words that cannot become one token", () => {
    expect(() => trainBpe(counts, { vocabSize: 1000, wholeWords: ["New York"] })).toThrow(AppError);
    expect(() => trainBpe(counts, { vocabSize: 266, wholeWords: ["Berlin"] })).toThrow("no room");
  });

  it("takes whole entries before merges where the file says so", () => {
    const vocab = { ...small.model.vocab, Berlinish: 5000 };
    const withEntry = { ...small, model: { ...small.model, vocab } };
    const load = (model: object) => loadTokenizer({ name: "small", tokenizerJson: JSON.stringify({ ...withEntry, model }) });
    expect(load(withEntry.model).encode("Berlinish").length).toBeGreaterThan(1);
    expect(load({ ...withEntry.model, ignore_merges: true }).encode("Berlinish")).toEqual([5000]);
  });

  it("encodes a megabyte without a space, and gives it back", () => {
    const text = `${"🙂".repeat(60_000)}${"a".repeat(1_000_000)}`;
    expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
  });

  it("takes its pattern from the file", () => {
    const letters = trainBpe(countWords(CORPUS, "."), { vocabSize: 400, pattern: "[\\s\\S]" });
    const single = loadTokenizer({ name: "single", tokenizerJson: JSON.stringify(letters) });
    expect(single.encode("Berlin")).toHaveLength(6);
    expect(VALUE_PATTERN).not.toBe("[\\s\\S]");
  });

  it("never reads a role marker out of a text, and shows one by its name", () => {
    const forged = Object.values(ROLE_MARKERS).join(" </s> ");
    const ids = tokenizer.encode(forged);
    expect(ids.filter((id) => tokenizer.isSpecial(id))).toEqual([]);
    expect(tokenizer.decode(ids)).toBe(forged);
    expect(tokenizer.decode([tokenizer.special.user, tokenizer.special.eos])).toBe("<|user|></s>");
  });
});

describe("files that are no tokenizer of ours", () => {
  const valid = trainBpe(countWords(CORPUS), { vocabSize: 300 });
  it.each([
    ["broken JSON", "{"],
    ["another model", JSON.stringify({ ...valid, model: { type: "WordPiece", vocab: {} } })],
    ["a normalizer", JSON.stringify({ ...valid, normalizer: { type: "NFC" } })],
    ["a space put in front", JSON.stringify({ ...valid, pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } })],
    ["no byte-level step", JSON.stringify({ ...valid, pre_tokenizer: { type: "Whitespace" } })],
    ["an entry without an id", JSON.stringify({ ...valid, model: { ...valid.model, vocab: { a: "b" } } })],
    ["an id that no table can hold", JSON.stringify({ ...valid, model: { ...valid.model, vocab: { a: 1e12 } } })],
    ["a merge of three", JSON.stringify({ ...valid, model: { ...valid.model, merges: ["a b c"] } })],
    ["an added token without a text", JSON.stringify({ ...valid, added_tokens: [{ id: 1 }] })],
    ["word ends of its own", JSON.stringify({ ...valid, model: { ...valid.model, end_of_word_suffix: "</w>" } })],
    [
      "entries that are no bytes",
      JSON.stringify({ ...valid, model: { ...valid.model, vocab: { ...valid.model.vocab, "\u2581the": 299 } } }),
    ],
    ["no end token", JSON.stringify({ ...valid, added_tokens: valid.added_tokens.filter((token) => token.content !== "</s>") })],
  ])("are refused with a reason: %s", (_, tokenizerJson) => {
    expect(() => loadTokenizer({ name: "folder", tokenizerJson })).toThrow(
      expect.objectContaining({ code: "E_MODEL_INVALID" }) as unknown as Error,
    );
  });
});

/** Byte characters of ASCII text: only the space differs. */
function decodeChars(chars: string): string {
  return chars.replaceAll("\u0120", " ").replaceAll("\u010a", "\n");
}
