/**
 * @file Predicted calls against those of a reference.
 *
 * *Exact*: names and argument texts are the same characters, in the same order. *Structural* (the field's AST match): names are equal
 * and arguments mean the same JSON: key order, white space and the spelling of numbers (`1.0`, `1`) aside; several calls of one turn
 * are parallel, so their order does not count. Values are compared as they are: "Oslo" is not "oslo", "2" is not 2.
 *
 * Calls are paired before they are judged: equal ones first, then those of the same name by fewest differences, then the rest in order.
 * A pair of two names is F04 where the predicted tool was offered (the checker has F02 and F03 for the others); a pair of one name is
 * F09 for every argument that differs; what finds no partner is F10.
 */
import type { AssistantText, CallComparison, CallFinding, PlacedCall, TextRange } from "#contracts/calls.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolCall, ToolDefinition } from "#contracts/trajectory.ts";
import { inPrecedence, parameterName, shownValue } from "./findings.ts";
import { escapePointer, keyRanges, valueRanges } from "./jsonParts.ts";
import { sameJson } from "./sameJson.ts";

export function compareCalls(predicted: AssistantText, reference: readonly ToolCall[], tools: readonly ToolDefinition[]): CallComparison {
  const calls = predicted.calls;
  const isReadable = predicted.error === undefined;
  const exact =
    isReadable &&
    calls.length === reference.length &&
    calls.every((call, i) => call.name === reference[i]!.name && call.argumentsText === reference[i]!.argumentsText);
  const pairs = pairCalls(calls, reference);
  const structural = isReadable && calls.length === reference.length && pairs.every(([p, r]) => isSameCall(calls[p]!, reference[r]!));
  const findings = pairs.flatMap(([p, r]) => comparePair(calls[p]!, p, reference[r]!, tools));
  return { exact, structural, findings: inPrecedence([...findings, ...compareCounts(calls, reference, pairs)]) };
}

/** Same name and arguments that mean the same; arguments that cannot be read are the same only to the letter. */
export function isSameCall(a: ToolCall, b: ToolCall): boolean {
  if (a.name !== b.name) return false;
  if (a.argumentsText === b.argumentsText) return true;
  return a.arguments.ok && b.arguments.ok && sameJson(a.arguments.value, b.arguments.value);
}

type Pair = readonly [predictedIndex: number, referenceIndex: number];

/** Which predicted call stands for which of the reference; see above. */
export function pairCalls(predicted: readonly ToolCall[], reference: readonly ToolCall[]): Pair[] {
  const pairs: Pair[] = [];
  const freePredicted = new Set(predicted.keys());
  const freeReference = new Set(reference.keys());
  const pair = (p: number, r: number): void => {
    pairs.push([p, r]);
    freePredicted.delete(p);
    freeReference.delete(r);
  };
  for (const p of freePredicted) {
    const r = [...freeReference].find((i) => isSameCall(predicted[p]!, reference[i]!));
    if (r !== undefined) pair(p, r);
  }
  for (const p of freePredicted) {
    const sameName = [...freeReference].filter((i) => predicted[p]!.name === reference[i]!.name);
    const differences = (r: number): number => differingArguments(predicted[p]!, reference[r]!)?.length ?? Infinity;
    const nearest = sameName.sort((a, b) => differences(a) - differences(b) || a - b)[0];
    if (nearest !== undefined) pair(p, nearest);
  }
  for (const p of freePredicted) {
    const r = [...freeReference][0];
    if (r !== undefined) pair(p, r);
  }
  return pairs.sort((a, b) => a[0] - b[0]);
}

function comparePair(predicted: PlacedCall, callIndex: number, reference: ToolCall, tools: readonly ToolDefinition[]): CallFinding[] {
  if (predicted.name !== reference.name) {
    if (!tools.some((tool) => tool.name === predicted.name)) return [];
    const message = `Called "${predicted.name}" where the reference calls "${reference.name}".`;
    return [{ code: "F04", message, fix: `Call "${reference.name}".`, callIndex, range: predicted.nameRange }];
  }
  const differences = differingArguments(predicted, reference) ?? [];
  const text = predicted.argumentsText;
  const values = differences.length > 0 ? valueRanges(text) : new Map<string, never>();
  const shift = (range: { start: number; end: number } | undefined) =>
    range === undefined
      ? predicted.argumentsRange
      : { start: predicted.argumentsRange.start + range.start, end: predicted.argumentsRange.start + range.end };
  const swapped = swappedPairs(differences);
  const inSwap = new Set(swapped.flat());
  const swaps = swapped.map(([a, b]): CallFinding => {
    const [names, [first, second]] = [
      [a, b].map(({ pointer }) => parameterName(pointer)),
      [a, b].map(({ pointer }) => shift(values.get(pointer))),
    ];
    return {
      code: "F09",
      message: `"${names[0]}" and "${names[1]}" are swapped.`,
      fix: `Use ${shownValue(a.reference)} for "${names[0]}" and ${shownValue(b.reference)} for "${names[1]}".`,
      callIndex,
      pointer: a.pointer,
      // from the one value to the other
      range: { start: Math.min(first!.start, second!.start), end: Math.max(first!.end, second!.end) },
    };
  });
  const others = differences.filter((difference) => !inSwap.has(difference));
  return [...swaps, ...others.map((difference) => differenceFinding(difference, { callIndex, predicted, text, values, shift }))];
}

interface CallPlaces {
  readonly callIndex: number;
  readonly predicted: PlacedCall;
  readonly text: string;
  readonly values: ReadonlyMap<string, TextRange>;
  readonly shift: (range: TextRange | undefined) => TextRange;
}

function differenceFinding(
  { pointer, predicted: got, reference: expected }: Difference,
  { callIndex, predicted, text, values, shift }: CallPlaces,
): CallFinding {
  const name = parameterName(pointer);
  const where = { code: "F09", callIndex, pointer } as const;
  if (got === undefined) {
    return { ...where, message: `"${name}" is left out.`, fix: `Add ${shownValue(expected)}.`, range: predicted.argumentsRange };
  }
  if (expected === undefined) {
    const range = shift(keyRanges(text).get(pointer));
    return { ...where, message: `"${name}" is given, the reference leaves it out.`, fix: `Remove "${name}".`, range };
  }
  return {
    ...where,
    message: `"${name}" is ${shownValue(got)}; the reference has ${shownValue(expected)}.`,
    fix: `Use ${shownValue(expected)}.`,
    range: shift(values.get(pointer)),
  };
}

interface Difference {
  readonly pointer: string;
  readonly predicted: JsonValue | undefined;
  readonly reference: JsonValue | undefined;
}

/** Innermost members of objects that differ (a list differs as a whole); null where arguments cannot be read. */
function differingArguments(predicted: ToolCall, reference: ToolCall): Difference[] | null {
  if (!predicted.arguments.ok || !reference.arguments.ok) return predicted.argumentsText === reference.argumentsText ? [] : null;
  const differences: Difference[] = [];
  const visit = (a: JsonObject, b: JsonObject, at: string): void => {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const pointer = `${at}/${escapePointer(key)}`;
      const got = Object.hasOwn(a, key) ? a[key] : undefined;
      const expected = Object.hasOwn(b, key) ? b[key] : undefined;
      if (isPlainObject(got) && isPlainObject(expected)) visit(got, expected, pointer);
      else if (got === undefined || expected === undefined || !sameJson(got, expected)) {
        differences.push({ pointer, predicted: got, reference: expected });
      }
    }
  };
  visit(predicted.arguments.value, reference.arguments.value, "");
  return differences;
}

const isPlainObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Two arguments that hold each other's values, each difference in one pair at most. */
function swappedPairs(differences: readonly Difference[]): (readonly [Difference, Difference])[] {
  const pairs: [Difference, Difference][] = [];
  const taken = new Set<Difference>();
  for (const a of differences) {
    if (taken.has(a)) continue;
    const b = differences.find((other) => other !== a && !taken.has(other) && areSwapped(a, other));
    if (b === undefined) continue;
    pairs.push([a, b]);
    taken.add(a).add(b);
  }
  return pairs;
}

function areSwapped(a: Difference, b: Difference): boolean {
  const values = [a.predicted, a.reference, b.predicted, b.reference];
  if (values.some((value) => value === undefined)) return false;
  return sameJson(a.predicted!, b.reference!) && sameJson(b.predicted!, a.reference!);
}

function compareCounts(calls: readonly PlacedCall[], reference: readonly ToolCall[], pairs: readonly Pair[]): CallFinding[] {
  // a turn of the other kind (text for calls, calls for text) is a wrong decision, not a wrong count
  if (calls.length === reference.length || calls.length === 0 || reference.length === 0) return [];
  const counts = `${calls.length} ${calls.length === 1 ? "call" : "calls"} where the reference makes ${reference.length}`;
  const unpaired = calls.flatMap((call, callIndex) => (pairs.some(([p]) => p === callIndex) ? [] : [{ call, callIndex }]));
  if (unpaired.length > 0) {
    return unpaired.map(({ call, callIndex }) => {
      const repeats = calls.slice(0, callIndex).some((other) => isSameCall(other, call));
      const range = { start: call.nameRange.start, end: call.argumentsRange.end };
      return { code: "F10", message: `${repeats ? "Repeated" : "Extra"} call: ${counts}.`, fix: "Remove it.", callIndex, range };
    });
  }
  const missing = reference.filter((_, r) => !pairs.some(([, paired]) => paired === r)).map((call) => `"${call.name}"`);
  return [{ code: "F10", message: `Too few: ${counts}.`, fix: `Add the call of ${missing.join(", ")}.`, callIndex: calls.length - 1 }];
}
