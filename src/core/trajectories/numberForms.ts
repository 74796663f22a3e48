/**
 * @file Numbers as people write them: digits with separators, number words, ordinals, dozens, percentages.
 *
 * English only; other languages' number words are not known here, so a value given in one counts as not found.
 */

const UNITS = [
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"],
  ...["fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
];
const TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS = [
  ...["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"],
  ...["thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"],
];
const SCALES: Readonly<Record<string, number>> = { dozen: 12, hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9 };
/** Words that stand for a count by themselves. */
const COUNTS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  single: 1,
  once: 1,
  twice: 2,
  both: 2,
  pair: 2,
  couple: 2,
  double: 2,
  triple: 3,
  half: 0.5,
  quarter: 0.25,
  // how often in a year, and how many days
  weekly: 52,
  monthly: 12,
  quarterly: 4,
  yearly: 1,
  annually: 1,
  week: 7,
  fortnight: 14,
};

const SMALL: ReadonlyMap<string, number> = new Map([
  ...UNITS.map((word, value) => [word, value] as const),
  ...TENS.map((word, i) => [word, 20 + 10 * i] as const),
  ...ORDINALS.map((word, value) => [word, value] as const),
]);

const DIGITS = /(?<![\p{L}\p{N}])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d{1,3})?(?![\p{L}\p{N}])|\d+(?:,\d{3})*(?:\.\d+)?/giu;
const SUFFIXES: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  bn: 1e9,
  b: 1e9,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  dozen: 12,
};

/** The number that a short text of words is ("12", "twelve"); null where it is none. */
export function numberOf(text: string): number | null {
  const lower = text.toLowerCase();
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (SMALL.get(lower) ?? COUNTS[lower]);
  return value ?? null;
}

/** Every number that the text states. "20 %" states 20 and 0.2, "3k" states 3 and 3000, "-5" states -5 and 5. */
export function numbersIn(text: string): Set<number> {
  const found = new Set<number>();
  for (const match of text.matchAll(DIGITS)) {
    const value = Number(match[0].replaceAll(",", ""));
    found.add(value);
    found.add(Math.abs(value));
    // "5,6" may be a list or a number: its parts count too
    if (match[0].includes(",")) for (const part of match[0].split(",")) found.add(Number(part));
    const behind = /^\s*(%|percent|[a-z]+)/i
      .exec(text.slice(match.index + match[0].length, match.index + match[0].length + 16))?.[1]
      ?.toLowerCase();
    if (behind === "%" || behind === "percent") found.add(value / 100);
    else if (behind !== undefined && behind in SUFFIXES) found.add(value * SUFFIXES[behind]!);
  }
  addNumberWords(text, found);
  return found;
}

/** "two hundred and five", "twenty-one", "a dozen", "third": each run of number words gives its value and those of its words. */
function addNumberWords(text: string, found: Set<number>): void {
  let total = 0;
  let current = 0;
  let isOpen = false;
  const close = (): void => {
    if (isOpen) found.add(total + current);
    total = current = 0;
    isOpen = false;
  };
  for (const [word] of text.toLowerCase().matchAll(/[a-z]+|[.,;:!?\n]/g)) {
    const small = SMALL.get(word);
    const scale = SCALES[word];
    if (small !== undefined) {
      // "one two" are two numbers; "twenty one", "one hundred two" and "two thousand five" are one each
      const continues = current === 0 ? total > 0 : current % 100 === 0 || (current % 100 >= 20 && current % 10 === 0 && small < 10);
      if (isOpen && !continues) close();
      current += small;
      isOpen = true;
      found.add(small);
    } else if (scale !== undefined) {
      current = (current === 0 ? 1 : current) * scale;
      if (scale > 100) {
        total += current;
        current = 0;
      }
      isOpen = true;
    } else if (!(word === "and" && isOpen)) {
      close();
      if (Object.hasOwn(COUNTS, word)) found.add(COUNTS[word]!);
    }
  }
  close();
}
