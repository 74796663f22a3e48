/** @file From templates to requests: fill the slots, leave out what is not said, or turn a template into a plain list of words. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { Random } from "./random.ts";

/** A template's parts: `optional` ones came in brackets; `slots` are the parameters each names. */
export interface Segment {
  readonly text: string;
  readonly optional: boolean;
  readonly slots: readonly string[];
}

const slotsOf = (text: string): string[] => [...text.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1]!);

export function parseTemplate(template: string): Segment[] {
  return [...template.matchAll(/\[([^\]]*)\]|([^[\]]+)/g)].map(([, inside, outside]) => ({
    text: inside ?? outside ?? "",
    optional: inside !== undefined,
    slots: slotsOf(inside ?? outside ?? ""),
  }));
}

const show = (value: JsonValue | undefined): string => String(value);
const fill = (text: string, values: JsonObject): string => text.replace(/\{([a-z_]+)\}/g, (_, slot: string) => show(values[slot]));

/** The request that says exactly these values. A bracketed part stays when all its values are given. */
export function fillTemplate(template: string, values: JsonObject): string {
  const said = parseTemplate(template)
    .filter(({ optional, slots }) => !optional || slots.every((slot) => slot in values))
    .map(({ text }) => fill(text, values))
    .join("")
    .replace(/\s+([,.?:;])/g, "$1")
    .replace(/\s+/g, " ")
    .replace(/^[\s,:;]+/, "")
    .replace(/\b([Aa]) (?=[aeiouAEIOU])/g, "$1n ");
  return said.charAt(0).toUpperCase() + said.slice(1);
}

export const templateSlots = (template: string): string[] => parseTemplate(template).flatMap(({ slots }) => slots);

/** What cannot stand before a gap: leaving out the value behind it would break the sentence. */
const NEEDS_A_NOUN = /(?:^|[\s'])(?:a|an|the|my|no|some|any|one|new|is|are|am|with|see|of|should|and|or|needs|from|to)$/i;

/** Parameters that the template can leave unsaid and still be a sentence. */
export function droppableSlots(template: string): string[] {
  const segments = parseTemplate(template);
  const droppable: string[] = [];
  let before = "";
  for (const [index, { text, optional, slots }] of segments.entries()) {
    const isJoined = /^\s*(?:and|or|against)\b/.test(text) || /^\s*(?:and|or|against)\b/.test(segments[index + 1]?.text ?? "");
    if (optional && slots.length === 1 && !isJoined && !NEEDS_A_NOUN.test(before.trimEnd())) droppable.push(slots[0]!);
    before += text;
  }
  return droppable;
}

/** The word in front of each slot, wherever a template has one: `from {origin}` gives origin: from. */
export function cuesOf(templates: readonly string[], slot: string): string[] {
  const cues = new Set<string>();
  for (const template of templates) {
    const bare = template.replace(/[[\]]/g, "");
    const match = new RegExp(`(?:^|\\s)([a-z]+) \\{${slot}\\}`).exec(bare);
    if (match?.[1] !== undefined) cues.add(match[1]);
  }
  return [...cues];
}

/** Lower-case words of the templates outside slots. */
export function wordsOf(templates: readonly string[]): string[] {
  const words = new Set<string>();
  for (const template of templates)
    for (const word of template.replace(/\{[a-z_]+\}/g, " ").match(/[A-Za-z]+/g) ?? []) words.add(word.toLowerCase());
  return [...words];
}

const OPENERS = [
  "Please",
  "Can you",
  "Could you",
  "I want to",
  "I need to",
  "I would like to",
  "Help me to",
  "We want to",
  "Would you",
  "It is time to",
  "You should",
  "Let us",
] as const;

/** One plain sentence of the base model's own: opener, verb phrase, the values in any order, each behind a word that introduces it. */
export function plainRequest(
  wordings: readonly string[],
  cues: (slot: string) => readonly string[],
  values: JsonObject,
  random: Random,
): string {
  const opener = random.pick(OPENERS);
  const parts = random.shuffle(Object.keys(values)).map((slot) => {
    const known = cues(slot);
    return known.length === 0 ? `, ${show(values[slot])}` : ` ${random.pick(known)} ${show(values[slot])}`;
  });
  const end = /^(Can|Could|Would)/.test(opener) ? "?" : ".";
  return `${opener} ${random.pick(wordings)}${parts.join("")}${end}`;
}

/** A request as a list of key words: these words and the values, in any order. */
export function keywordRequest(
  words: readonly string[],
  cues: (slot: string) => readonly string[],
  values: JsonObject,
  options: { readonly mayStandAlone: (slot: string) => boolean; readonly random: Random },
): string {
  const { mayStandAlone, random } = options;
  const parts = Object.keys(values).map((slot) => {
    const known = cues(slot);
    const isAlone = known.length === 0 || (mayStandAlone(slot) && random.chance(0.25));
    return isAlone ? show(values[slot]) : `${random.pick(known)} ${show(values[slot])}`;
  });
  const text = random.shuffle([...parts, ...words]).join(random.chance(0.15) ? ", " : " ");
  return text.charAt(0).toUpperCase() + text.slice(1) + random.pick([".", "?", "", "."]);
}
