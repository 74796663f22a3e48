import { describe, expect, it } from "vitest";
import { bm25Index } from "./bm25.ts";
import { centredCosines } from "./centre.ts";
import { exactHits, partsInSpan } from "./exactHits.ts";
import { differingPart, failureQuery } from "./failureQuery.ts";
import { fieldHeat } from "./fieldHeat.ts";
import { groupAlike, overlap } from "./groupAlike.ts";
import { agreement, gradeOf, rankExamples } from "./signals.ts";

const words = (text: string): readonly string[] => text.split(" ");

describe("likeness by words", () => {
  it("is BM25 of the published formula", () => {
    const index = bm25Index(["a b", "a a c d", "c"].map(words));
    const idf = (n: number): number => Math.log(1 + (3 - n + 0.5) / (n + 0.5));
    const weight = (f: number, length: number): number => (f * 2.2) / (f + 1.2 * (0.25 + (0.75 * length) / (7 / 3)));
    const expected = [idf(2) * weight(1, 2) + idf(1) * weight(1, 2), idf(2) * weight(2, 4), 0];
    index.scores(words("a b a")).forEach((score, i) => expect(score).toBeCloseTo(expected[i]!, 12));
  });

  it("finds nothing where no word is shared, or there are no texts", () => {
    expect([...bm25Index([words("a")]).scores(["b"])]).toEqual([0]);
    expect([...bm25Index([]).scores(["b"])]).toEqual([]);
  });
});

describe("cosines around the mean", () => {
  it("are those of the vectors less the mean", () => {
    const unit = (...v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    const rows = [unit(1, 2, 3), unit(2, 2, 1), unit(0, 1, 4)];
    const query = unit(3, 1, 1);
    const mean = [0, 1, 2].map((i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
    const norm = Math.hypot(...mean);
    const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / (Math.hypot(...a) * Math.hypot(...b));
    const less = (v: readonly number[]): number[] => v.map((x, i) => x - mean[i]!);
    const centred = centredCosines(
      rows.map((row) => dot(query, row)),
      cosine(query, mean),
      { norm, cosines: rows.map((row) => cosine(row, mean)) },
    );
    rows.forEach((row, i) => expect(centred[i]).toBeCloseTo(cosine(less(query), less(row)), 10));
    expect(centredCosines([NaN], 1, { norm, cosines: [NaN] })[0]).toBeNaN();
  });
});

describe("three signals", () => {
  const scores = {
    lexical: Float64Array.of(3, 2, 1, NaN),
    representation: Float64Array.of(0.1, 0.9, 0.5, 0.2),
    gradient: Float64Array.of(0.3, 0.2, 0.1, -0.5),
  };

  it("are fused by their ranks; what a signal does not know has no place in it", () => {
    const ranked = rankExamples(scores);
    expect(ranked.map(({ index }) => index)).toEqual([1, 0, 2, 3]);
    expect(ranked[0]!.signals).toEqual({
      lexical: { score: 2, rank: 2 },
      representation: { score: 0.9, rank: 1 },
      gradient: { score: 0.2, rank: 2 },
    });
    expect(ranked[3]!.signals.lexical).toBeNull();
  });

  it("are joined by exact scores with a vote of their own, and words by a second one; ranks and scores stay as they were", () => {
    const ranked = rankExamples(
      scores,
      new Map([
        [0, 0.1],
        [2, 0.8],
      ]),
    );
    // 0: 2/61 + 1/64 + 1/61 + 1/62; 2: 2/63 + 1/62 + 1/63 + 1/61; 1 was not compared: 2/62 + 1/61 + 1/62
    expect(ranked.map(({ index }) => index)).toEqual([0, 2, 1, 3]);
    expect(ranked[1]!.signals.gradient).toEqual({ score: 0.1, rank: 3 });
  });

  it("agree most where all put the same examples first, whatever their scores", () => {
    const falling = Float64Array.from({ length: 20 }, (_, i) => -i);
    const rising = falling.toReversed();
    const full = agreement({ lexical: falling, representation: falling.map((score) => 0.001 * score), gradient: falling });
    expect(full).toBeCloseTo((3 / 5) * [1, 2, 3, 4, 5].reduce((sum, rank) => sum + Math.log(20 / rank), 0), 10);
    expect(agreement({ lexical: falling, representation: falling, gradient: rising })).toBeLessThan(full);
    const none = new Float64Array(20).fill(NaN);
    expect(agreement({ lexical: none, representation: none, gradient: none })).toBe(0);
  });

  it("grade an example by how many of them have it among their first ten", () => {
    const at = (...ranks: readonly (number | null)[]) => {
      const [lexical, representation, gradient] = ranks.map((rank) => (rank === null ? null : { score: 1, rank }));
      return { index: 0, signals: { lexical: lexical!, representation: representation!, gradient: gradient! } };
    };
    const grades = [at(11, null, 40), at(10, null, 40), at(11, 1, 10), at(1, 1, 1)].map((one) => gradeOf(one, false));
    expect(grades).toEqual([null, "similar", "likely", "likely"]);
    expect(gradeOf(at(500, null, 500), true)).toBe("confirmed");
  });
});

describe("a failure as a query", () => {
  const promptIds = Int32Array.of(2, 3);
  const weights = (text: { readonly lossWeights: Float32Array } | null): readonly number[] => [...(text?.lossWeights ?? [])];

  it("weighs the error's span, and of the right text what differs", () => {
    const outputIds = Int32Array.of(7, 8, 9, 1);
    const rightIds = Int32Array.of(7, 5, 6, 9, 1);
    const { bad, correct, pooled } = failureQuery({ promptIds, outputIds, spans: [{ start: 1, end: 2 }], rightIds }, 100);
    expect([...bad.inputIds]).toEqual([2, 3, 7, 8, 9, 1]);
    expect([weights(bad), weights(correct), weights(pooled!)]).toEqual([
      [0, 0, 0, 1, 0, 0],
      [0, 0, 0, 1, 1, 0, 0],
      [0, 0, 1, 1, 1, 1],
    ]);
    const two = [
      { start: 0, end: 1 },
      { start: 2, end: 4 },
    ];
    expect(weights(failureQuery({ promptIds, outputIds, spans: two, rightIds: null }, 100).bad)).toEqual([0, 0, 1, 0, 1, 1]);
  });

  it("asks about the token in the place of what is missing, and of all where nobody knows the place", () => {
    const output = Int32Array.of(7, 9, 1);
    expect(differingPart(output, Int32Array.of(7, 8, 9, 1))).toEqual({ start: 1, end: 2 });
    expect(differingPart(Int32Array.of(7, 8, 9, 1), output)).toEqual({ start: 1, end: 2 });
    expect(differingPart(output, output)).toEqual({ start: 2, end: 3 });
    const cut = failureQuery({ promptIds, outputIds: output, spans: [{ start: 3, end: 3 }], rightIds: null }, 100);
    expect(weights(cut.bad)).toEqual([0, 0, 0, 0, 1]);
    const all = failureQuery({ promptIds, outputIds: output, spans: [], rightIds: null }, 4);
    expect(weights(all.bad)).toEqual([0, 0, 1, 1]);
  });
});

describe("words in common", () => {
  const text = 'Thought: Hm.\nAction: get_time\nAction Input: {"city":"Oslo","days":3}';
  const at = (word: string): { readonly start: number; readonly end: number } => {
    const start = text.indexOf(word);
    return { start, end: start + word.length };
  };
  const turn = (argumentsText: string) => [
    { role: "assistant" as const, calls: [{ name: "get_time", argumentsText, arguments: { ok: true as const, value: {} } }] },
  ];

  it("are the parts that the error touches, else the tool it stands in", () => {
    expect(partsInSpan(text, at('"city":"Oslo"'))).toEqual([
      { kind: "argumentKey", text: "city" },
      { kind: "argumentValue", text: "Oslo" },
    ]);
    expect(partsInSpan(text, at("}"))).toEqual([{ kind: "toolName", text: "get_time" }]);
    expect(partsInSpan(text, at("Thought"))).toEqual([]);
  });

  it("hit where the example has them at the same kind of place", () => {
    const parts = partsInSpan(text, at('"city":"Oslo","days":3'));
    expect(exactHits(parts, turn('{"place":"Oslo","city":"Rome","days":13}')).map((hit) => hit.text)).toEqual(["city", "Oslo", "days"]);
    expect(exactHits([{ kind: "argumentKey", text: "Oslo" }], turn('{"place":"Oslo"}'))).toEqual([]);
  });
});

describe("examples that are alike", () => {
  it("share the fault, or where there is none nearly all words", () => {
    const example = (fault: string, text: string) => ({ fault, words: new Set(words(text)) });
    const all = [example("F02 a", "x"), example("", "a b c d"), example("F02 a", "y"), example("", "a b c d e"), example("", "a b c z")];
    expect(groupAlike(all, (one) => one).map((group) => group.map((one) => all.indexOf(one)))).toEqual([[0, 2], [1, 3], [4]]);
    expect(overlap(new Set(["a", "b"]), new Set(["b", "c"]))).toBeCloseTo(1 / 3);
  });
});

describe("what fields add to a score", () => {
  const text = 'Action: f\nAction Input: {"a":"b"}';
  const ranges = ["Action", ": ", "f", '\nAction Input: {"', "a", '":"', "b", '"}', ""].reduce<{ start: number; end: number }[]>(
    (all, token) => {
      const start = all.at(-1)?.end ?? 0;
      return [...all, { start, end: start + token.length }];
    },
    [],
  );

  it("adds up, with the correction counted for the field of the error", () => {
    const bad = [5, 1, 0, 2, 0, 3, 0, 4, 0.5];
    const fields = fieldHeat({ text, ranges, bad, correct: [7, 1, 0, 20, 30], numPromptTokens: 1, errorToken: 2 });
    const total = (scores: readonly number[]): number => scores.reduce((sum, score) => sum + score, 0);
    expect(total(fields.map(({ score }) => score))).toBeCloseTo(total(bad) + 58, 10);
    expect(fields.map(({ kind, text: word, score }) => [kind, word, score])).toEqual([
      ["decision", "Action", 2],
      ["toolName", "f", 52],
      ["argumentKey", "a", 3],
      ["argumentValue", "b", 4.5],
      ["other", "", 12],
    ]);
  });
});
