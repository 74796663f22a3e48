/** @file Putting findings in order: the first in precedence is the primary one, the others are kept beside it. */
import type { CallCheck, CallFinding } from "#contracts/calls.ts";

/** By code (F01 first, as `quality-and-tracing.md` section 5 ranks them), then by call, then by place. */
export function inPrecedence(findings: readonly CallFinding[]): CallFinding[] {
  return [...findings].sort(
    (a, b) => a.code.localeCompare(b.code) || a.callIndex - b.callIndex || (a.range?.start ?? 0) - (b.range?.start ?? 0),
  );
}

export function toCheck(findings: readonly CallFinding[]): CallCheck {
  const ordered = inPrecedence(findings);
  return ordered[0] === undefined ? { findings: ordered } : { findings: ordered, primary: ordered[0].code };
}

/** A value in a sentence: short, quoted where it is text. */
export function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `/address/zip` as a person would say it: `address.zip`; the whole arguments have no name. */
export function parameterName(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(".");
}
