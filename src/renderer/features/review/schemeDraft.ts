/** @file The questions while they are being written: answers as lines of text, ids that stay. */
import type { LabelOption, LabelQuestion } from "#contracts/review.ts";

export const emptyQuestion = (): LabelQuestion => ({ id: "", title: "", kind: "single", scope: "trajectory", options: [] });

export const textOfOptions = (options: readonly LabelOption[]): string => options.map(({ title }) => title).join("\n");

/** Answers of the lines. An answer keeps its id where its words stay; where only words changed in place, the id stays too. */
export function optionsOf(text: string, known: readonly LabelOption[]): readonly LabelOption[] {
  const titles = linesOf(text);
  const kept = new Map(known.map((option) => [option.title, option.id]));
  const used = new Set(titles.flatMap((title) => kept.get(title) ?? []));
  return titles.map((title, i) => {
    const same = kept.get(title);
    if (same !== undefined) return { id: same, title };
    const renamed = titles.length === known.length ? known[i]!.id : undefined;
    const id = renamed !== undefined && !used.has(renamed) ? renamed : idFor(title, used);
    used.add(id);
    return { id, title };
  });
}

const linesOf = (text: string): readonly string[] =>
  [...new Set(text.split("\n").map((line) => line.trim()))].filter((line) => line !== "");

/** A short name from words, different from all that are taken. */
export function idFor(title: string, taken: ReadonlySet<string>): string {
  const words = title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40);
  const base = words === "" ? "answer" : words;
  for (let i = 1; ; i++) {
    const id = i === 1 ? base : `${base}-${i}`;
    if (!taken.has(id)) return id;
  }
}

/** What is missing from each question, in words for its fields. */
export function problemsOf(drafts: readonly { readonly title: string; readonly text: string }[]) {
  return drafts.map(({ title, text }) => ({
    title: title.trim() === "" ? "Needs words" : "",
    options: linesOf(text).length < 2 ? "Needs two answers or more" : linesOf(text).length > 30 ? "Takes 30 answers at most" : "",
  }));
}
