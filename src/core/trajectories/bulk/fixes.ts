/**
 * @file Certain fixes for what the call checker finds: one way to put it right, and no opinion needed.
 *
 * | kind | finding | fix |
 * | --- | --- | --- |
 * | toolName | F02, F03 | the one offered tool within two letters |
 * | parameterName | F06 | the one missing required parameter within two letters |
 * | numberFromText | F07 | `"7"` as 7, where the schema asks for a number and for no text |
 * | enumSpelling | F07 | the one value of the list that differs only in case, spaces, `_` or `-` |
 * | closeJson | F01 | brackets closed, or surplus ones removed (`closeJson.ts`) |
 * | repeatedCall | F10 | removed with its result, where that is the earlier result again (`repeatedCalls.ts`) |
 */
import type { CallFix, ContentHit, FixOperation } from "#contracts/bulk.ts";
import type { FixKind } from "#contracts/contentParts.ts";
import type { CallFinding } from "#contracts/calls.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, TrajectoryContent } from "#contracts/trajectory.ts";
import { schemaAt } from "../schemaAt.ts";
import { editDistance } from "../editDistance.ts";
import { parameterName, shownValue } from "../findings.ts";
import { keyRanges, valueRanges } from "../jsonParts.ts";
import { normalizeSchema } from "../normalizeSchema.ts";
import { partsOf, withEdits, type CallEdits } from "./assistantText.ts";
import type { BulkChange } from "./bulkEdit.ts";
import { closingEdit } from "./closeJson.ts";
import { escaped } from "./jsonEdits.ts";
import { removeRepeatedCall } from "./repeatedCalls.ts";
import { hitOf, type TextEdit } from "./textEdits.ts";

export interface FixOffer extends CallFix {
  /** The content with this fault put right. */
  readonly apply: () => BulkChange;
}

interface Found {
  readonly kind: FixKind;
  readonly title: string;
  readonly like: Omit<FixOperation, "type" | "fix" | "at">;
  readonly edits: CallEdits;
  readonly hit: Pick<ContentHit, "part"> & { readonly text: string; readonly edit: TextEdit };
}

/** @param findings what `checkTurn` says of the turn */
export function fixesOf(content: TrajectoryContent, turnIndex: number, findings: readonly CallFinding[]): FixOffer[] {
  const turn = content.turns[turnIndex];
  if (turn?.role !== "assistant" || findings.length === 0) return [];
  const { calls } = partsOf(turn);
  return findings.flatMap((finding, index) => {
    const call = calls[finding.callIndex];
    if (call === undefined) return [];
    if (finding.code === "F10") return repeatedCallFix(content, turnIndex, finding, index, call);
    const found = findFix(content, call, finding, findings);
    return found === null ? [] : [offerOf(content, turnIndex, turn, finding, index, found)];
  });
}

function findFix(content: TrajectoryContent, call: ToolCall, finding: CallFinding, findings: readonly CallFinding[]): Found | null {
  const schema = content.tools.find((tool) => tool.name === call.name)?.parameters;
  switch (finding.code) {
    case "F01":
      return closeJsonFix(call);
    case "F02":
    case "F03":
      return toolNameFix(content, call);
    case "F06":
      return schema === undefined || finding.pointer === undefined
        ? null
        : parameterNameFix(call, finding.pointer, finding.callIndex, findings);
    case "F07":
      return schema === undefined || finding.pointer === undefined ? null : valueFix(call, finding.pointer, schema);
    default:
      return null;
  }
}

function toolNameFix({ tools }: TrajectoryContent, call: ToolCall): Found | null {
  const to = nearest(call.name, [...new Set(tools.map((tool) => tool.name))]);
  if (to === null) return null;
  const edit = { start: 0, end: call.name.length, after: to };
  return {
    kind: "toolName",
    title: `Call ${to}`,
    like: { from: call.name, to },
    edits: { name: [edit] },
    hit: { part: "toolName", text: call.name, edit },
  };
}

function parameterNameFix(call: ToolCall, pointer: string, callIndex: number, findings: readonly CallFinding[]): Found | null {
  const ofCode = (code: CallFinding["code"]): string[] =>
    findings.flatMap((other) => {
      const isSibling = other.callIndex === callIndex && other.pointer !== undefined && parentOf(other.pointer) === parentOf(pointer);
      return other.code === code && isSibling ? [lastStep(other.pointer!)] : [];
    });
  const from = lastStep(pointer);
  const to = nearest(from, ofCode("F05"));
  // two unknown names that could both be the missing one: no telling which
  if (to === null || nearest(to, ofCode("F06")) !== from) return null;
  const range = keyRanges(call.argumentsText).get(pointer);
  if (range === undefined) return null;
  const edit = { start: range.start + 1, end: range.end - 1, after: escaped(to) };
  return {
    kind: "parameterName",
    title: `Name it ${to}`,
    like: { tool: call.name, from, to },
    edits: { arguments: [edit] },
    hit: { part: "argumentKey", text: call.argumentsText, edit },
  };
}

function valueFix(call: ToolCall, pointer: string, schema: JsonObject): Found | null {
  const range = valueRanges(call.argumentsText).get(pointer);
  const at = schemaAt(schema, pointer);
  if (range === undefined || at === null || pointer === "") return null;
  const literal = call.argumentsText.slice(range.start, range.end);
  const value = readString(literal);
  if (value === null) return null;
  const fixed = inEnum(value, at) ?? asNumber(value, at);
  if (fixed === null) return null;
  const edit = { ...range, after: fixed.literal };
  const parameter = parameterName(pointer).replace(/\.\d+(?=\.|$)/g, "");
  const spelling = fixed.kind === "enumSpelling" ? { from: value, to: String(fixed.value) } : {};
  return {
    kind: fixed.kind,
    title: fixed.kind === "numberFromText" ? `Write ${fixed.literal} as a number` : `Write ${shownValue(fixed.value)}`,
    like: { tool: call.name, parameter, ...spelling },
    edits: { arguments: [edit] },
    hit: { part: "argumentValue", text: call.argumentsText, edit },
  };
}

interface FixedValue {
  readonly kind: "numberFromText" | "enumSpelling";
  readonly value: JsonValue;
  readonly literal: string;
}

function asNumber(value: string, schema: JsonObject): FixedValue | null {
  const types = [normalizeSchema(schema)["type"]].flat();
  const text = value.trim();
  if (types.includes("string") || !/^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text)) return null;
  const fits = types.includes("number") || (types.includes("integer") && !text.includes("."));
  return fits ? { kind: "numberFromText", value: Number(text), literal: text } : null;
}

function inEnum(value: string, schema: JsonObject): FixedValue | null {
  if (!Array.isArray(schema["enum"])) return null;
  const spelled = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, "");
  const same = schema["enum"].filter((choice) => typeof choice === "string" && spelled(choice) === spelled(value));
  return same.length === 1 && spelled(value) !== "" ? { kind: "enumSpelling", value: same[0]!, literal: JSON.stringify(same[0]) } : null;
}

function closeJsonFix(call: ToolCall): Found | null {
  const edit = call.arguments.ok ? null : closingEdit(call.argumentsText);
  if (edit === null) return null;
  const title = edit.after === "" ? "Remove the surplus brackets" : `Close with ${edit.after}`;
  return { kind: "closeJson", title, like: {}, edits: { arguments: [edit] }, hit: { part: "unreadable", text: call.argumentsText, edit } };
}

function offerOf(
  content: TrajectoryContent,
  turnIndex: number,
  turn: AssistantTurn,
  finding: CallFinding,
  index: number,
  { kind, title, like, edits, hit }: Found,
): FixOffer {
  const at = { turn: turnIndex, call: finding.callIndex, ...(finding.pointer === undefined ? {} : { pointer: finding.pointer }) };
  const hits = [hitOf(hit.text, hit.edit, { turn: turnIndex, call: finding.callIndex, part: hit.part })];
  const inTurn = (): AssistantTurn =>
    withEdits(turn, { calls: partsOf(turn).calls.map((_, i) => (i === finding.callIndex ? edits : undefined)) });
  return {
    id: `${kind}:${turnIndex}:${finding.callIndex}:${finding.pointer ?? ""}`,
    kind,
    title,
    callIndex: finding.callIndex,
    finding: index,
    operation: { type: "fix", fix: kind, at },
    like: { type: "fix", fix: kind, ...like },
    hits,
    apply: () => ({
      content: { ...content, turns: content.turns.map((each, i) => (i === turnIndex ? inTurn() : each)) },
      hits,
      numLeft: 0,
    }),
  };
}

function repeatedCallFix(content: TrajectoryContent, turnIndex: number, finding: CallFinding, index: number, call: ToolCall): FixOffer[] {
  const removal = removeRepeatedCall(content, turnIndex, finding.callIndex);
  if (removal === null) return [];
  const text = `${call.name} ${call.argumentsText}`;
  const { callIndex } = finding;
  const hits = [hitOf(text, { start: 0, end: text.length, after: "" }, { turn: turnIndex, call: callIndex, part: "call" })];
  return [
    {
      id: `repeatedCall:${turnIndex}:${callIndex}:`,
      kind: "repeatedCall",
      title: "Remove the repeated call and its result",
      callIndex,
      finding: index,
      operation: { type: "fix", fix: "repeatedCall", at: { turn: turnIndex, call: callIndex } },
      like: { type: "fix", fix: "repeatedCall" },
      hits,
      apply: () => ({ content: removal.content, hits, numLeft: 0, removed: removal.removed }),
    },
  ];
}

/** The one name within two letters and nearer than half the name's length; null where there is none, or more than one as near. */
function nearest(name: string, others: readonly string[]): string | null {
  const near = others
    .map((other) => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ distance }) => distance <= 2 && 2 * distance < name.length)
    .sort((a, b) => a.distance - b.distance);
  return near.length === 0 || near[0]!.distance === near[1]?.distance ? null : near[0]!.other;
}

const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf("/"));
const lastStep = (pointer: string): string =>
  pointer
    .slice(pointer.lastIndexOf("/") + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");

function readString(literal: string): string | null {
  if (!literal.startsWith('"')) return null;
  const value = JSON.parse(literal) as unknown;
  return typeof value === "string" ? value : null;
}
