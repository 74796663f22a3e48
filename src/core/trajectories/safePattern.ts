/**
 * @file Regular expressions from imported tool schemas, which anybody may have written: run only where they cannot take long.
 *
 * JavaScript's engine backtracks, so `(a+)+$` against thirty letters takes minutes. Rather than bounding time, which pure code cannot,
 * expressions that could blow up are left out: a group that repeats and holds a repetition or a choice, a backreference, or more than
 * three open-ended repetitions. What remains is at worst cubic, over texts of at most `MAX_TESTED_LENGTH` characters.
 */

const MAX_PATTERN_LENGTH = 256;
const MAX_OPEN_REPEATS = 3;
/** A bounded repetition above this many counts as open-ended. */
const SMALL_REPEAT = 10;
/** Longer texts are not tested: the pattern then counts as met. */
const MAX_TESTED_LENGTH = 256;

export interface SafePattern {
  /** True also where the pattern or the text is beyond what is tested. */
  test(text: string): boolean;
}

export function safePattern(source: string): SafePattern {
  const regex = isSafe(source) ? compile(source) : null;
  return { test: (text) => regex === null || text.length > MAX_TESTED_LENGTH || regex.test(text) };
}

function compile(source: string): RegExp | null {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(source, flags);
    } catch {
      // other dialects write patterns that JavaScript does not read with (or without) the unicode flag
    }
  }
  return null;
}

interface OpenGroup {
  readonly start: number;
  hasRepeat: boolean;
  hasChoice: boolean;
}

export const isSafe = (source: string): boolean => unsafeConstruct(source) === null;

/** What in an expression could take long, in words; null where nothing does. Walks it once. */
export function unsafeConstruct(source: string): string | null {
  if (source.length > MAX_PATTERN_LENGTH) return `it is longer than ${MAX_PATTERN_LENGTH} characters`;
  const groups: OpenGroup[] = [{ start: 0, hasRepeat: false, hasChoice: false }];
  let closed: OpenGroup | null = null;
  let numOpenRepeats = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    const group = groups.at(-1)!;
    const repeat = repeatAt(source, i);
    if (repeat !== null) {
      if (closed !== null && repeat.max > 1 && (closed.hasRepeat || closed.hasChoice)) {
        const inner = closed.hasRepeat ? "a repetition" : "a choice";
        return `the repeated group ${source.slice(closed.start, i + repeat.length)} holds ${inner}`;
      }
      if (repeat.max > SMALL_REPEAT && ++numOpenRepeats > MAX_OPEN_REPEATS) {
        return `${source.slice(i, i + repeat.length)} at character ${i + 1} is the fourth open-ended repetition; three are possible`;
      }
      group.hasRepeat ||= repeat.max > 1;
      i += repeat.length - 1;
      closed = null;
      continue;
    }
    closed = null;
    if (c === "\\") {
      if (/[1-9k]/.test(source[i + 1] ?? "")) return `${source.slice(i, i + 2)} at character ${i + 1} refers back to a group`;
      i++;
    } else if (c === "[") {
      const end = endOfClass(source, i);
      if (end === -1) return `[ at character ${i + 1} is not closed`;
      i = end;
    } else if (c === "(") {
      groups.push({ start: i, hasRepeat: false, hasChoice: false });
      if (source[i + 1] === "?") i++;
    } else if (c === ")") {
      if (groups.length === 1) return `) at character ${i + 1} closes nothing`;
      closed = groups.pop()!;
      groups.at(-1)!.hasRepeat ||= closed.hasRepeat;
      groups.at(-1)!.hasChoice ||= closed.hasChoice;
    } else if (c === "|") group.hasChoice = true;
  }
  return groups.length === 1 ? null : `( at character ${groups.at(-1)!.start + 1} is not closed`;
}

function repeatAt(source: string, i: number): { readonly max: number; readonly length: number } | null {
  const c = source[i]!;
  const lazy = (length: number): number => (source[i + length] === "?" ? length + 1 : length);
  if (c === "*" || c === "+") return { max: Infinity, length: lazy(1) };
  if (c === "?") return { max: 1, length: lazy(1) };
  const bounds = c === "{" ? /^\{(\d+)(,(\d*))?\}/.exec(source.slice(i, i + 20)) : null;
  if (bounds === null) return null;
  const max = bounds[2] === undefined ? Number(bounds[1]) : bounds[3] === "" ? Infinity : Number(bounds[3]);
  return { max, length: lazy(bounds[0].length) };
}

function endOfClass(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "]") return i;
  }
  return -1;
}
