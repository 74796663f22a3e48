/**
 * @file Whether the value of an argument could have come from the conversation.
 *
 * A value that stands nowhere the model could have read it was made up. What the model could have read: system and user texts, results,
 * and its own earlier answers (not its thoughts and calls: a made-up value does not become true by being repeated). Against that text a
 * value is *grounded* where one of these holds:
 *
 * - it is empty, true, false or null; or its schema lists it (`enum`, `const`, `default`, `examples`) or names it in its description;
 * - its parameter is one whose value is customarily inferred (page, limit, sort order ...: `INFERABLE`);
 * - number: the text states it or its magnitude, in digits or words ("two", "a dozen", "20 %" for 0.2, "3k" for 3000, "11 pm" for 23);
 * - date or time: the text states it in any common form, or a date before it and how long until then; or the text names a day relative to now ("tomorrow", "Friday"), since which
 *   date that is cannot be known afterwards;
 * - text: reduced to lower-case letters and digits (as BFCL's `standardize_string` drops ` ,./-_*^` and quotes) it is part of the text
 *   reduced likewise; texts of up to three characters must be whole words; or it is the code of something named ("USD" for dollars);
 * - text of several words: three quarters of them, small words aside, stand in the text in any order;
 * - text of more than `MAX_VALUE_WORDS` words is a composition (a message, a summary), not a value, and is not judged.
 *
 * Lists and objects are judged member by member. A paraphrase that shares no words ("big" for "large") counts as not grounded: the check
 * prefers to be explained in a sentence.
 */
import type { ValueGround } from "#contracts/calls.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { Turn } from "#contracts/trajectory.ts";
import { datesFrom, isSameDay, namesRelativeDay, parseDateTime, timesIn, type DayOfYear } from "./dateForms.ts";
import { isJsonObject } from "./normalizeSchema.ts";
import { numbersIn } from "./numberForms.ts";

/** Parameters that steer how a tool answers rather than what about. */
const INFERABLE =
  /^(page|page_?(size|number|no|token)|per_?page|limit|offset|cursor|skip|max_?results?|num_?results?|results?_per_page|sort(_?(by|order|dir(ection)?))?|order(_?by)?|format|output(_?format)?|lang(uage)?|locale|time_?zone|tz|units?|verbose|return_type)$/i;

const MAX_VALUE_WORDS = 8;
/** Share of a value's words that must be found. */
const MIN_WORD_SHARE = 0.75;
const SMALL_WORDS = new Set(
  wordsOf("a the of in on at to for from and or with by is are be my our your his her its me i we you it this that"),
);

/** Codes by the words that name what they stand for. */
const NAMED_CODES: Readonly<Record<string, RegExp>> = {
  usd: /\$|\bdollars?\b|\bbucks\b/i,
  eur: /€|\beuros?\b/i,
  gbp: /£|\bpounds?\b|\bsterling\b/i,
  jpy: /¥|\byen\b/i,
  cad: /\bcanadian dollars?\b/i,
  aud: /\baustralian dollars?\b/i,
  chf: /\b(swiss )?francs?\b/i,
  cny: /\byuan\b|\brenminbi\b/i,
  inr: /₹|\brupees?\b/i,
  en: /\benglish\b/i,
  fr: /\bfrench\b/i,
  de: /\bgerman\b/i,
  es: /\bspanish\b/i,
  it: /\bitalian\b/i,
  pt: /\bportuguese\b/i,
  ja: /\bjapanese\b/i,
  zh: /\bchinese\b|\bmandarin\b/i,
  ru: /\brussian\b/i,
  ar: /\barabic\b/i,
  km: /\bkilomet(er|re)s?\b/i,
  cm: /\bcentimet(er|re)s?\b/i,
  m: /\bmet(er|re)s?\b/i,
  ft: /\bfeet\b|\bfoot\b/i,
  mi: /\bmiles?\b/i,
  kg: /\bkilo(gram)?s?\b/i,
  lb: /\bpounds?\b/i,
  lbs: /\bpounds?\b/i,
  c: /\bcelsius\b/i,
  f: /\bfahrenheit\b/i,
  us: /\bunited states\b|\bamerica\b|\bu\.s\./i,
  uk: /\bunited kingdom\b|\bbritain\b|\bengland\b/i,
  gb: /\bunited kingdom\b|\bbritain\b|\bengland\b/i,
};

/** What a conversation says, prepared for looking values up. */
export interface Evidence {
  readonly text: string;
  readonly squeezed: string;
  readonly words: Pick<ReadonlySet<string>, "has">;
  readonly numbers: Pick<ReadonlySet<number>, "has">;
  readonly dates: readonly DayOfYear[];
  readonly times: Pick<ReadonlySet<number>, "has">;
  readonly namesRelativeDay: boolean;
}

/** Of longer conversations the text is looked through from its end; their words and numbers count from the beginning. */
const MAX_EVIDENCE_LENGTH = 1_000_000;

export function evidenceOf(text: string): Evidence {
  const evidence = new GrowingEvidence();
  evidence.add(text);
  return evidence;
}

/**
 * Evidence of a conversation that is read turn by turn: what was read once is not read again for every later turn. Each kind of evidence is
 * looked for when a value first asks for it: most are found in the text and never do.
 */
export class GrowingEvidence implements Evidence {
  readonly #lines: string[] = [];
  readonly #words = new Set<string>();
  readonly #numbers = new Set<number>();
  readonly #times = new Set<number>();
  readonly #dates: DayOfYear[] = [];
  #text = "";
  #squeezed = "";
  #namesRelativeDay = false;
  /** Of each kind, how many lines have been looked through. */
  readonly #read: Record<keyof Evidence, number> = {
    text: 0,
    squeezed: 0,
    words: 0,
    numbers: 0,
    times: 0,
    dates: 0,
    namesRelativeDay: 0,
  };

  add(text: string): void {
    this.#lines.push(text.length > MAX_EVIDENCE_LENGTH ? text.slice(-MAX_EVIDENCE_LENGTH) : text);
  }

  #unread(kind: keyof Evidence): readonly string[] {
    const lines = this.#lines.slice(this.#read[kind]);
    this.#read[kind] = this.#lines.length;
    return lines;
  }

  get text(): string {
    for (const lines of this.#unread("text")) this.#text = endOf(this.#text === "" ? lines : `${this.#text}\n${lines}`);
    return this.#text;
  }

  get squeezed(): string {
    for (const lines of this.#unread("squeezed")) this.#squeezed = endOf(this.#squeezed + squeeze(lines));
    return this.#squeezed;
  }

  get words(): ReadonlySet<string> {
    for (const lines of this.#unread("words")) for (const word of wordsOf(lines)) this.#words.add(word);
    return this.#words;
  }

  get numbers(): ReadonlySet<number> {
    for (const lines of this.#unread("numbers")) for (const number of numbersIn(lines)) this.#numbers.add(number);
    return this.#numbers;
  }

  get times(): ReadonlySet<number> {
    for (const lines of this.#unread("times")) for (const time of timesIn(lines)) this.#times.add(time);
    return this.#times;
  }

  get dates(): readonly DayOfYear[] {
    for (const lines of this.#unread("dates")) for (const date of datesFrom(lines)) this.#dates.push(date);
    return this.#dates;
  }

  get namesRelativeDay(): boolean {
    for (const lines of this.#unread("namesRelativeDay")) this.#namesRelativeDay ||= namesRelativeDay(lines);
    return this.#namesRelativeDay;
  }
}

const endOf = (text: string): string => (text.length > MAX_EVIDENCE_LENGTH ? text.slice(-MAX_EVIDENCE_LENGTH) : text);

/**
 * Evidence of a whole conversation from that of its turns, as `GrowingEvidence` gives it: what is remembered of a turn serves every turn
 * behind it.
 */
export function evidenceOfTurns(turns: readonly Turn[], evidenceFor: (text: string) => Evidence = evidenceOf): Evidence {
  const parts: Evidence[] = [];
  let length = 0;
  for (const turn of turns.toReversed()) {
    const text = conversationText([turn]);
    if (text === "") continue;
    if (length > 0 && length + text.length > MAX_EVIDENCE_LENGTH) break;
    parts.unshift(evidenceFor(text));
    length += text.length;
  }
  let text: string | undefined;
  let squeezed: string | undefined;
  let dates: readonly DayOfYear[] | undefined;
  return {
    get text() {
      return (text ??= parts.map((part) => part.text).join("\n"));
    },
    get squeezed() {
      return (squeezed ??= parts.map((part) => part.squeezed).join(""));
    },
    get dates() {
      return (dates ??= parts.flatMap((part) => part.dates));
    },
    words: { has: (word) => parts.some((part) => part.words.has(word)) },
    numbers: { has: (number) => parts.some((part) => part.numbers.has(number)) },
    times: { has: (time) => parts.some((part) => part.times.has(time)) },
    get namesRelativeDay() {
      return parts.some((part) => part.namesRelativeDay);
    },
  };
}

/** Everything in these turns that a value may come from. */
export function conversationText(turns: readonly Turn[]): string {
  return turns.map((turn) => (turn.role === "assistant" ? (turn.answer ?? "") : turn.content)).join("\n");
}

export interface UngroundedValue {
  readonly pointer: string;
  readonly value: string | number;
}

/** A text or number inside arguments, with what its schema says of it. */
export interface ArgumentValue {
  readonly pointer: string;
  readonly value: string | number;
  readonly schema: JsonObject;
  /** It is, or lies inside, an argument that is customarily inferred. */
  readonly isInferable: boolean;
}

/** Members of lists and objects one by one; true, false and null need no ground. */
export function argumentValues(args: JsonObject, schema: JsonObject): readonly ArgumentValue[] {
  const found: ArgumentValue[] = [];
  const visit = (value: JsonValue, at: string, valueSchema: JsonValue | undefined, isInferable: boolean): void => {
    const own = isJsonObject(valueSchema) ? valueSchema : {};
    if (Array.isArray(value)) {
      value.forEach((member, i) => visit(member, `${at}/${i}`, own["items"] === undefined ? own : own["items"], isInferable));
    } else if (isJsonObject(value)) {
      const properties = isJsonObject(own["properties"]) ? own["properties"] : {};
      for (const [key, member] of Object.entries(value)) {
        const memberSchema = Object.hasOwn(properties, key) ? properties[key] : own["additionalProperties"];
        visit(member, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, memberSchema, isInferable || INFERABLE.test(key));
      }
    } else if (typeof value === "string" || typeof value === "number") found.push({ pointer: at, value, schema: own, isInferable });
  };
  visit(args, "", schema, false);
  return found;
}

/**
 * The values inside `args` that are not grounded.
 *
 * @param getEvidence  asked for only where a value needs it
 * @param isSettled    places that are left out whatever stands there
 */
export function ungroundedValues(
  args: JsonObject,
  schema: JsonObject,
  getEvidence: () => Evidence,
  isSettled: (pointer: string) => boolean = () => false,
): UngroundedValue[] {
  return argumentValues(args, schema)
    .filter(({ pointer, value, schema: own, isInferable }) => {
      if (isInferable || isSettled(pointer) || isOffered(value, own)) return false;
      return !isGrounded(value, getEvidence()) && !isDescribed(value, own);
    })
    .map(({ pointer, value }) => ({ pointer, value }));
}

/** Evidence is dear to prepare and asked for again with every key: the last texts are kept, up to `maxLength` characters of them. */
export function createEvidenceCache(maxLength = 4_000_000): (text: string) => Evidence {
  const kept = new Map<string, Evidence>();
  let length = 0;
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) {
      // the longest unused goes first
      kept.delete(text);
      kept.set(text, known);
      return known;
    }
    const evidence = evidenceOf(text);
    kept.set(text, evidence);
    length += text.length;
    for (const oldest of kept.keys()) {
      if (length <= maxLength || kept.size === 1) break;
      kept.delete(oldest);
      length -= oldest.length;
    }
    return evidence;
  };
}

/**
 * Where each value comes from: the first turn that gives it, what the schema offers, or custom. A value that nothing gives is not in it.
 *
 * @param conversation  turns in front of the call
 */
export function groundsOf(
  args: JsonObject,
  schema: JsonObject,
  conversation: readonly Turn[],
  evidenceFor: (text: string) => Evidence = evidenceOf,
): Readonly<Record<string, ValueGround>> {
  const texts = conversation.map((turn) => conversationText([turn]));
  const groundOf = ({ value, schema: own, isInferable }: ArgumentValue): ValueGround | undefined => {
    const turnIndex = texts.findIndex((text) => text !== "" && isGrounded(value, evidenceFor(text)));
    if (turnIndex >= 0) return { kind: "turn", turnIndex };
    if (isListed(value, own)) return { kind: "schema" };
    return isInferable ? { kind: "custom" } : undefined;
  };
  const entries = argumentValues(args, schema).flatMap((value) => {
    const ground = groundOf(value);
    return ground === undefined ? [] : [[value.pointer, ground] as const];
  });
  return Object.fromEntries(entries);
}

export function isGrounded(value: string | number, evidence: Evidence): boolean {
  if (typeof value === "number") return isGroundedNumber(value, evidence);
  const words = wordsOf(value);
  if (words.length === 0) return value.trim() === "" || evidence.text.includes(value.trim());
  if (words.length > MAX_VALUE_WORDS) return true;
  const squeezed = squeeze(value);
  // two characters are part of almost any text
  if (squeezed.length > 3 ? evidence.squeezed.includes(squeezed) : words.every((word) => evidence.words.has(word))) return true;
  const number = Number(value);
  if (!Number.isNaN(number) && isGroundedNumber(number, evidence)) return true;
  if (NAMED_CODES[value.trim().toLowerCase()]?.test(evidence.text) === true) return true;
  const moment = parseDateTime(value);
  if (moment !== null) return isGroundedMoment(moment, evidence);
  // names of time zones: "Europe/London"
  const zone = /^[A-Z][A-Za-z]+\/([A-Z][A-Za-z_]+)$/.exec(value)?.[1];
  if (zone !== undefined) return isGrounded(zone, evidence);
  const telling = words.filter((word) => !SMALL_WORDS.has(word));
  const numKnown = telling.filter((word) => evidence.words.has(word) || evidence.numbers.has(Number(word))).length;
  return telling.length > 1 && numKnown / telling.length >= MIN_WORD_SHARE;
}

function isGroundedNumber(value: number, { numbers, times }: Evidence): boolean {
  return numbers.has(Math.abs(value)) || (value > 12 && times.has(value * 60));
}

function isGroundedMoment(moment: NonNullable<ReturnType<typeof parseDateTime>>, evidence: Evidence): boolean {
  const { dates, minutes } = moment;
  const hasDate =
    dates.length === 0 || evidence.namesRelativeDay || dates.some((date) => evidence.dates.some((stated) => isSameDay(date, stated)));
  // midnight fills the place of a time that nobody named
  const hasTime = minutes === null || evidence.times.has(minutes) || (minutes === 0 && dates.length > 0);
  return hasDate && hasTime;
}

/** The schema itself offers this value, or names it. */
const isListed = (value: string | number, schema: JsonObject): boolean => isOffered(value, schema) || isDescribed(value, schema);

function isOffered(value: string | number, schema: JsonObject): boolean {
  const offered = [
    schema["enum"],
    schema["examples"],
    schema["const"],
    schema["default"],
    schema["example"],
    schema["example_value"],
  ].flat();
  return offered.some((offer) => offer === value || (offer !== undefined && String(offer) === String(value)));
}

function isDescribed(value: string | number, schema: JsonObject): boolean {
  const description = schema["description"];
  return typeof description === "string" && isGrounded(value, evidenceOf(description));
}

/** Plain English needs no table of the letters of all scripts, which takes several times as long. */
function isPlain(text: string): boolean {
  return !/[^ -~\s]/.test(text);
}

function squeeze(text: string): string {
  if (isPlain(text)) return text.toLowerCase().replace(/[^a-z0-9]+/g, "");
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");
}

function wordsOf(text: string): string[] {
  const words = isPlain(text)
    ? (text.toLowerCase().match(/[a-z]+|[0-9]+/g) ?? [])
    : (text
        .normalize("NFKD")
        .toLowerCase()
        .replace(/\p{M}+/gu, "")
        .match(/\p{L}+|\p{N}+/gu) ?? []);
  // "hotels" and "hotel" are one word
  return words.map((word) => (word.length > 3 ? word.replace(/s$/, "") : word));
}
