/** @file Dates and times of day as people write them, in English and in digits, so that a value in ISO form can be found in a sentence. */

import { numberOf } from "./numberForms.ts";

export interface DayOfYear {
  /** Absent where the text does not say. */
  readonly year?: number;
  readonly month: number;
  readonly day: number;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";
const DAY = "(\\d{1,2})(?:st|nd|rd|th)?";
const YEAR = "(?:,?\\s*(\\d{4})\\b)?";

const YEAR_FIRST = /(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/g;
const YEAR_LAST = /(?<!\d[-/.]?)(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}|\d{2}))?(?![-/.]?\d)/g;
const MONTH_DAY = new RegExp(`\\b${MONTH}\\s+(?:the\\s+)?${DAY}\\b${YEAR}`, "gi");
const DAY_MONTH = new RegExp(`\\b${DAY}\\s+(?:of\\s+)?${MONTH}${YEAR}`, "gi");

/** Days that are named relative to now: which date they mean depends on when the conversation took place. */
const RELATIVE =
  /\b(today|tonight|tomorrow|yesterday|(mon|tues|wednes|thurs|fri|satur|sun)days?|(this|next|last|coming|past) (week|weekend|month|year|day)|in \w+ (days?|weeks?|months?)|\w+ (days?|weeks?|months?) (ago|from now)|now|new year|christmas)\b/i;

export const namesRelativeDay = (text: string): boolean => RELATIVE.test(text);

const DURATION = /\b(\d{1,3}|[a-z]+)[- ](night|day|week)s?\b/gi;

/** Dates that the text states, and those that lie a stated number of nights, days or weeks after them (when a stay ends). */
export function datesFrom(text: string): DayOfYear[] {
  const stated = datesIn(text);
  if (stated.length === 0) return stated;
  const durations = new Set<number>();
  for (const [, count, unit] of text.matchAll(DURATION)) {
    const days = (numberOf(count!) ?? 0) * (unit!.toLowerCase() === "week" ? 7 : 1);
    if (days >= 1 && durations.size < MAX_DURATIONS) durations.add(days);
  }
  // without a year, any common year counts the days right but for the end of February
  const after = ({ year, month, day }: DayOfYear, days: number): DayOfYear => {
    const date = new Date(Date.UTC(year ?? 2001, month - 1, day + days));
    const found = { month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    return year === undefined ? found : { ...found, year: date.getUTCFullYear() };
  };
  return [...stated, ...stated.slice(0, MAX_DATES).flatMap((date) => [...durations].map((days) => after(date, days)))];
}

/** A long conversation states many; the first ones are enough, and their product stays small. */
const MAX_DURATIONS = 20;
const MAX_DATES = 100;

/** Every date in the text; numeric forms that leave open which number is the day give both readings. */
export function datesIn(text: string): DayOfYear[] {
  const days: DayOfYear[] = [];
  const add = (month: number, day: number, year?: string): void => {
    if (month < 1 || month > 12 || day < 1 || day > 31) return;
    const full = year === undefined ? undefined : Number(year.length === 2 ? `20${year}` : year);
    days.push(full === undefined ? { month, day } : { year: full, month, day });
  };
  for (const [, year, month, day] of text.matchAll(YEAR_FIRST)) add(Number(month), Number(day), year);
  for (const [, first, second, year] of text.matchAll(YEAR_LAST)) {
    add(Number(first), Number(second), year);
    add(Number(second), Number(first), year);
  }
  for (const [, month, day, year] of text.matchAll(MONTH_DAY)) add(monthNumber(month!), Number(day), year);
  for (const [, day, month, year] of text.matchAll(DAY_MONTH)) add(monthNumber(month!), Number(day), year);
  return days;
}

const monthNumber = (word: string): number => MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1;

export function isSameDay(a: DayOfYear, b: DayOfYear): boolean {
  return a.month === b.month && a.day === b.day && (a.year === undefined || b.year === undefined || a.year === b.year);
}

const CLOCK = /(?<![\d:.])(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})?\s*(a\.?m\b|p\.?m\b|o'?clock)?/gi;

/** Every time of day in the text, in minutes since midnight. An hour alone counts only with "am", "pm" or "o'clock"; without, both halves do. */
export function timesIn(text: string): Set<number> {
  const times = new Set<number>();
  for (const match of text.matchAll(CLOCK)) {
    const hour = Number(match[1]);
    const minute = Number(match[2] ?? 0);
    const half = match[3]?.[0]?.toLowerCase();
    if (hour > 24 || minute > 59 || (match[2] === undefined && half === undefined)) continue;
    if (half === "a") times.add((hour % 12) * 60 + minute);
    else if (half === "p") times.add(((hour % 12) + 12) * 60 + minute);
    else {
      times.add((hour % 24) * 60 + minute);
      if (hour < 12) times.add((hour + 12) * 60 + minute);
    }
  }
  if (/\b(noon|midday)\b/i.test(text)) times.add(12 * 60);
  if (/\bmidnight\b/i.test(text)) times.add(0);
  return times;
}

/** A value that is a date, a time or both, as tools take them; null for any other text. */
export function parseDateTime(value: string): { readonly dates: readonly DayOfYear[]; readonly minutes: number | null } | null {
  const match =
    /^\s*(?:(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}\/\d{1,2}\/\d{1,2}))?[T\s]*(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*([ap]m)?\s*(?:Z|[+-]\d{2}:?\d{2})?\s*$/i.exec(
      value,
    );
  if (match === null || (match[1] === undefined && match[2] === undefined)) return null;
  const dates = match[1] === undefined ? [] : datesIn(match[1]);
  if (match[1] !== undefined && dates.length === 0) return null;
  if (match[2] === undefined) return { dates, minutes: null };
  const [hour, minute] = match[2].split(":").map(Number) as [number, number];
  const half = match[3]?.toLowerCase();
  const hours = half === undefined ? hour : (hour % 12) + (half === "pm" ? 12 : 0);
  return { dates, minutes: (hours % 24) * 60 + minute };
}
