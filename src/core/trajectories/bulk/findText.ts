/** @file What is looked for, and what takes its place: plain text, a pattern, or a whole word. */
import { AppError } from "#contracts/errors.ts";
import type { ReplaceOperation } from "#contracts/bulk.ts";
import { unsafeConstruct } from "../safePattern.ts";
import { compilePattern, type Program } from "./linearPattern.ts";
import { findAll, type Captures } from "./runPattern.ts";
import type { TextEdit } from "./textEdits.ts";

/** Edits of a text, in order; throws `TooLong` where looking would take too long. */
export type Finder = (text: string) => readonly TextEdit[];

/** A text that a pattern cannot be looked for in within its steps. */
export class TooLong extends Error {}

/** @throws E_OPERATION_INVALID, naming what of a pattern cannot be used */
export function finderOf({ find, replacement, isPattern, matchCase }: ReplaceOperation): Finder {
  return isPattern ? patternFinder(find, replacement, matchCase) : plainFinder(find, replacement, matchCase);
}

function plainFinder(find: string, replacement: string, matchCase: boolean): Finder {
  if (!matchCase) return regexFinder(new RegExp(escapeRegex(find), "giu"), replacement);
  return (text) => {
    const edits: TextEdit[] = [];
    for (let at = text.indexOf(find); at !== -1; at = text.indexOf(find, at + find.length)) {
      edits.push({ start: at, end: at + find.length, after: replacement });
    }
    return edits;
  };
}

/** Only for expressions of ours, which cannot run away. */
function regexFinder(regex: RegExp, replacement: string): Finder {
  return (text) =>
    [...text.matchAll(regex)].map((match) => ({ start: match.index, end: match.index + match[0].length, after: replacement }));
}

/** A name that stands for itself: `get_fee`, not within `get_fee_total`, `api.get_fee` or `get_fee-2`. */
export function wordFinder(word: string, replacement: string): Finder {
  const edge = "[\\p{L}\\p{N}_]";
  const regex = new RegExp(`(?<!${edge}|${edge}[-.])${escapeRegex(word)}(?!${edge}|[-.]${edge})`, "gu");
  const find = regexFinder(regex, replacement);
  // most texts do not have it at all
  return (text) => (text.includes(word) ? find(text) : []);
}

function patternFinder(source: string, replacement: string, matchCase: boolean): Finder {
  const program = programOf(source, matchCase);
  const replace = replacementOf(replacement, program.numGroups);
  return (text) => {
    const found = findAll(program, text);
    if (found === null) throw new TooLong();
    return found.map((match) => ({ start: match[0]!, end: match[1]!, after: replace(text, match) }));
  };
}

function programOf(source: string, matchCase: boolean): Program {
  const invalid = (detail: string) => new AppError("E_OPERATION_INVALID", { detail });
  let native: RegExp;
  try {
    native = new RegExp(source, "u");
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(error.message.lastIndexOf(": ") + 2) : String(error);
    throw new AppError("E_OPERATION_INVALID", { detail: `the pattern cannot be read: ${reason}` }, { cause: error });
  }
  const unsafe = unsafeConstruct(source);
  if (unsafe !== null) throw invalid(`the pattern could take too long: ${unsafe}`);
  if (native.test("")) throw invalid("the pattern also matches where there is no text at all");
  const program = compilePattern(source, matchCase);
  if ("refused" in program) throw invalid(`the pattern cannot be used: ${program.refused}`);
  return program;
}

function replacementOf(replacement: string, numGroups: number): (text: string, match: Captures) => string {
  const parts = replacement.split(/(\$(?:\d{1,2}|&|\$))/u).map((part) => {
    if (part === "$$") return "$";
    if (part === "$&") return 0;
    if (!/^\$\d/.test(part)) return part;
    const group = Number(part.slice(1));
    if (group < 1 || group > numGroups) {
      const detail = `the replacement names ${part}, and the pattern has ${numGroups === 0 ? "no groups" : `groups up to $${numGroups}`}`;
      throw new AppError("E_OPERATION_INVALID", { detail });
    }
    return group;
  });
  return (text, match) =>
    parts
      .map((part) => (typeof part === "string" ? part : text.slice(Math.max(0, match[2 * part]!), Math.max(0, match[2 * part + 1]!))))
      .join("");
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
