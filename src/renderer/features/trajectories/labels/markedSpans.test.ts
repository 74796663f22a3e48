import { describe, expect, it } from "vitest";
import type { Label } from "#contracts/review.ts";
import type { LabelledPart } from "./labelPlaces.ts";
import { piecesOf, spanGroups, spansOf } from "./markedSpans.ts";

const part = { place: { turn: 2, call: 0 }, part: "arguments", text: "abcdefgh" } as unknown as LabelledPart;
const label = (annotator: string, start: number, end: number, place: object = {}): Label => ({
  annotator,
  question: "words",
  options: ["bad"],
  place: { turn: 2, call: 0, part: "arguments", start, end, ...place },
});
const places = (labels: readonly Label[], who: string, isSecondLook = false) =>
  spansOf({ labels, notes: [] }, part, who, isSecondLook).map(({ annotator, place }) => [annotator, place.start, place.end]);

describe("labelled characters", () => {
  it("are those of this part, one's own, in order", () => {
    const elsewhere = [label("ann", 0, 1, { turn: 1 }), label("ann", 0, 1, { call: 1 }), label("ann", 0, 1, { part: "answer" })];
    const whole = label("ann", 0, 1, { part: undefined, start: undefined, end: undefined });
    expect(places([label("ann", 4, 6), label("ann", 1, 3), whole, ...elsewhere], "ann")).toEqual([
      ["ann", 1, 3],
      ["ann", 4, 6],
    ]);
  });

  it("of others are seen where one has answered the same; a second look sees none of the first", () => {
    const labels = [label("ann", 1, 3), label("ben", 1, 3), label("ben", 4, 6), label("=", 1, 3)];
    expect(places(labels, "ann").map(([who]) => who)).toEqual(["ann", "ben", "="]);
    expect(places(labels, "cleo")).toEqual([]);
    expect(places(labels, "ann", true)).toEqual([]);
  });

  it("cut the text into pieces that give it back, also where they lie over each other or behind its end", () => {
    const labels = spansOf({ labels: [label("ann", 1, 5), label("ann", 3, 6), label("ann", 20, 30)], notes: [] }, part, "ann", false);
    const pieces = piecesOf(part.text, labels);
    expect(pieces.map(({ start, text, labels: of }) => [start, text, of.length])).toEqual([
      [0, "a", 0],
      [1, "bc", 1],
      [3, "de", 2],
      [5, "f", 1],
      [6, "gh", 0],
    ]);
    expect(pieces.map(({ text }) => text).join("")).toBe(part.text);
    expect(piecesOf("", [])).toEqual([]);
  });

  it("are listed once for each span", () => {
    const labels = spansOf({ labels: [label("ann", 1, 3), label("ben", 1, 3), label("ann", 4, 6)], notes: [] }, part, "ann", false);
    expect(spanGroups(labels).map(({ place, labels: of }) => [place.start, of.length])).toEqual([
      [1, 2],
      [4, 1],
    ]);
  });
});
