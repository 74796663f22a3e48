/** @file Arguments whose brackets do not balance, where there is only one way to balance them. */
import { parseArguments } from "../parseArguments.ts";
import type { TextEdit } from "./textEdits.ts";

/**
 * The one edit at the end of the text that makes it an object, or null. A text that ends within a string, in a number (which may go on), or
 * after a comma or a colon could be completed in several ways.
 */
export function closingEdit(text: string): TextEdit | null {
  const end = text.trimEnd().length;
  const edit = surplusEdit(text, end) ?? missingEdit(text, end);
  if (edit === null) return null;
  return parseArguments(text.slice(0, edit.start) + edit.after + text.slice(edit.end)).ok ? edit : null;
}

/** Closing brackets behind the end of the object. */
function surplusEdit(text: string, end: number): TextEdit | null {
  const parsed = parseArguments(text);
  if (parsed.ok || !/^[\]}\s]+$/.test(text.slice(parsed.offset, end))) return null;
  return { start: parsed.offset, end, after: "" };
}

function missingEdit(text: string, end: number): TextEdit | null {
  if (!/["\]}el]$/.test(text.slice(0, end))) return null;
  const closers: string[] = [];
  let inString = false;
  for (let i = 0; i < end; i++) {
    const c = text[i]!;
    if (inString) {
      if (c === "\\") i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === "{" || c === "[") closers.push(c === "{" ? "}" : "]");
    else if ((c === "}" || c === "]") && closers.pop() !== c) return null;
  }
  return inString || closers.length === 0 ? null : { start: end, end, after: closers.reverse().join("") };
}
