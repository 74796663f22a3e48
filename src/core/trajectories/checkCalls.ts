/**
 * @file The call checker: what can be said of an assistant's turn without a reference. One judge for editor, data checks and evaluation.
 *
 * | code | said when |
 * | --- | --- |
 * | F01 | the text leaves the grammar, or the arguments are no JSON object; with the place |
 * | F02 | no tool of this name is known anywhere |
 * | F03 | the tool is known, but was not offered here |
 * | F05 | a required argument is missing, at any depth |
 * | F06 | an argument that the schema does not have (`normalizeSchema.ts` says when others are allowed) |
 * | F07 | type, enum, range, pattern or format |
 * | F08 | a value that nothing in the conversation gives (`groundedValues.ts` says precisely what counts) |
 * | F10 | the same call twice in the turn, or a call repeated whose earlier result was no error |
 *
 * F04, F09 and F11-F13 need a reference: `compareCalls.ts` and `core/evaluation`. Pure: no store, no clock.
 */
import type { AssistantText, CallCheck, CallFinding, PlacedCall, TextRange } from "#contracts/calls.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { isFailedResult } from "./callResults.ts";
import { checkSchema } from "./checkSchema.ts";
import { isSameCall } from "./compareCalls.ts";
import { editDistance } from "./editDistance.ts";
import { parameterName, shownValue, toCheck } from "./findings.ts";
import { conversationText, evidenceOfTurns, GrowingEvidence, ungroundedValues, type Evidence } from "./groundedValues.ts";
import { keyRanges, valueRanges } from "./jsonParts.ts";
import { parseAssistantText } from "./parseAssistantText.ts";
import { renderAssistantText } from "./renderAssistantText.ts";
import { schemaAt } from "./schemaAt.ts";

export interface CheckContext {
  /** Tools offered in the prompt. */
  readonly tools: readonly ToolDefinition[];
  /** Names of every tool there is, to tell "not offered" from "invented"; absent: only the offered ones are known. */
  readonly knownTools?: ReadonlySet<string>;
  /** Turns in front of the one that is checked. */
  readonly conversation: readonly Turn[];
  /** What has been read of the conversation already, where turns are checked one after another. */
  readonly reading?: ConversationReading;
  /** Leaves out F08, which reads the whole conversation. */
  readonly skipsGrounding?: boolean;
  /** Prepares the text of a turn for looking values up; who checks one conversation again and again remembers it. */
  readonly evidenceFor?: (text: string) => Evidence;
}

type TurnCheckOptions = Pick<CheckContext, "reading" | "skipsGrounding" | "evidenceFor">;

/** Checks a turn as recorded; ranges count in the text that `renderAssistantText` gives. */
export function checkTurn(
  content: TrajectoryContent,
  turnIndex: number,
  knownTools?: ReadonlySet<string>,
  options: Pick<CheckContext, "skipsGrounding" | "evidenceFor"> = {},
): CallCheck {
  return checkRecorded(content, turnIndex, knownTools, options);
}

/** Checks every assistant turn as recorded, by its index; reads the conversation once. */
export function checkTurns(content: TrajectoryContent, knownTools?: ReadonlySet<string>): ReadonlyMap<number, CallCheck> {
  const reading = new ConversationReading();
  const checks = new Map<number, CallCheck>();
  content.turns.forEach((turn, i) => {
    if (turn.role === "assistant") checks.set(i, checkRecorded(content, i, knownTools, { reading }));
  });
  return checks;
}

function checkRecorded(
  content: TrajectoryContent,
  turnIndex: number,
  knownTools: ReadonlySet<string> | undefined,
  options: TurnCheckOptions,
): CallCheck {
  const turn = content.turns[turnIndex];
  if (turn?.role !== "assistant") return { findings: [] };
  return checkCalls(parseAssistantText(renderAssistantText(turn)), {
    tools: content.tools,
    conversation: content.turns.slice(0, turnIndex),
    ...(knownTools === undefined ? {} : { knownTools }),
    ...options,
  });
}

/** What a conversation says and which of its calls were answered, as far as it has been read. */
class ConversationReading {
  readonly #evidence = new GrowingEvidence();
  readonly #answered: ToolCall[] = [];
  #evidenceTo = 0;
  #answeredTo = 0;

  /** @param conversation continues the one of the call before */
  evidence(conversation: readonly Turn[]): Evidence {
    while (this.#evidenceTo < conversation.length) this.#evidence.add(conversationText([conversation[this.#evidenceTo++]!]));
    return this.#evidence;
  }

  answeredCalls(conversation: readonly Turn[]): readonly ToolCall[] {
    for (; this.#answeredTo < conversation.length; this.#answeredTo++) this.#answered.push(...answeredAt(conversation, this.#answeredTo));
    return this.#answered;
  }
}

/** @param output strict reading of the text, by `parseAssistantText` */
export function checkCalls(output: AssistantText, context: CheckContext): CallCheck {
  const findings: CallFinding[] = [];
  if (output.error !== undefined) {
    findings.push({
      code: "F01",
      message: output.error.message,
      fix: 'Write "Action: name", then "Action Input: {...}" on the next line; or "Answer: text".',
      callIndex: output.calls.length,
      range: { start: output.error.offset, end: output.error.offset },
    });
  }
  if (output.calls.length === 0) return toCheck(findings);
  const reading = context.reading ?? new ConversationReading();
  let evidence: Evidence | undefined;
  const getEvidence = (): Evidence => {
    const { conversation, evidenceFor } = context;
    return (evidence ??= evidenceFor === undefined ? reading.evidence(conversation) : evidenceOfTurns(conversation, evidenceFor));
  };
  output.calls.forEach((call, callIndex) => {
    findings.push(...checkName(call, callIndex, context), ...checkArguments(call, callIndex, context, getEvidence));
  });
  return toCheck([...findings, ...checkRepeats(output.calls, reading.answeredCalls(context.conversation))]);
}

function checkName(call: PlacedCall, callIndex: number, context: CheckContext): CallFinding[] {
  if (context.tools.some((tool) => tool.name === call.name)) return [];
  const near = nearestName(call.name, context.tools);
  const fix = near === null ? "Call one of the offered tools, or answer without a call." : `Did it mean "${near}"?`;
  const where = { callIndex, range: call.nameRange, fix };
  return context.knownTools?.has(call.name) === true
    ? [{ ...where, code: "F03", message: `"${call.name}" exists, but was not offered here.` }]
    : [{ ...where, code: "F02", message: `There is no tool "${call.name}".` }];
}

function checkArguments(call: PlacedCall, callIndex: number, context: CheckContext, getEvidence: () => Evidence): CallFinding[] {
  const { arguments: parsed, argumentsText, argumentsRange } = call;
  if (!parsed.ok) {
    const at = argumentsRange.start + parsed.offset;
    const range = { start: at, end: Math.min(at + 1, argumentsRange.end) };
    return [{ code: "F01", message: parsed.message, fix: "Write the arguments as one JSON object.", callIndex, range }];
  }
  const schema = context.tools.find((tool) => tool.name === call.name)?.parameters;
  if (schema === undefined) return [];
  const findings: CallFinding[] = [];
  const places = placesIn(argumentsText, argumentsRange);
  for (const violation of checkSchema(schema, parsed.value, argumentsText.length)) {
    const { kind, pointer } = violation;
    const name = parameterName(pointer);
    const subject = name === "" ? "The arguments" : `"${name}"`;
    const message = `${subject} ${violation.message}${kind === "type" ? `, not ${shownValue(valueAt(parsed.value, pointer))}` : ""}.`;
    if (kind === "missing") {
      findings.push({ code: "F05", message, fix: missingFix(schema, pointer), callIndex, pointer, range: places.value(parentOf(pointer)) });
    } else if (kind === "unknown") {
      const fix = `Remove it, or use one of: ${knownParameters(schema, parentOf(pointer)) || "none, the tool takes no arguments"}.`;
      findings.push({
        code: "F06",
        message: `${subject} is not a parameter of "${call.name}".`,
        fix,
        callIndex,
        pointer,
        range: places.key(pointer),
      });
    } else {
      findings.push({
        code: "F07",
        message,
        fix: `Change ${name === "" ? "the arguments" : name}.`,
        callIndex,
        pointer,
        range: places.value(pointer),
      });
    }
  }
  if (context.skipsGrounding === true) return findings;
  // a value of the wrong type, or of a parameter that does not exist, has its finding
  const settled = findings.flatMap(({ code, pointer = "-" }) => (code === "F05" ? [] : [pointer]));
  const isSettled = (pointer: string): boolean => settled.some((ancestor) => isWithin(pointer, ancestor));
  for (const { pointer, value } of ungroundedValues(parsed.value, schema, getEvidence, isSettled)) {
    findings.push({
      code: "F08",
      message: `Nothing in the conversation gives ${shownValue(value)} for "${parameterName(pointer)}".`,
      fix: "Take the value from what the user said or a tool returned; where it is missing, ask for it.",
      callIndex,
      pointer,
      range: places.value(pointer),
    });
  }
  return findings;
}

/** Calls written twice in one turn, and calls repeated although their earlier result was no error: those are `earlier`. */
function checkRepeats(calls: readonly PlacedCall[], earlier: readonly ToolCall[]): CallFinding[] {
  return calls.flatMap((call, callIndex): CallFinding[] => {
    const twice = calls.slice(0, callIndex).some((other) => isSameCall(other, call));
    if (!twice && !earlier.some((other) => isSameCall(other, call))) return [];
    const message = twice
      ? `The same call of "${call.name}" stands twice in this turn.`
      : `This call of "${call.name}" was made and answered before.`;
    const range = { start: call.nameRange.start, end: call.argumentsRange.end };
    return [{ code: "F10", message, fix: "Remove the repeated call.", callIndex, range }];
  });
}

/** Calls of a turn whose results, as far as there are any, are no errors. */
function answeredAt(conversation: readonly Turn[], turnIndex: number): readonly ToolCall[] {
  const turn = conversation[turnIndex]!;
  if (turn.role !== "assistant") return [];
  const results: string[] = [];
  for (let j = turnIndex + 1; conversation[j]?.role === "tool"; j++) results.push((conversation[j] as { content: string }).content);
  return results.length > 0 && !results.some(isFailedResult) ? turn.calls : [];
}

interface Places {
  value(pointer: string): TextRange;
  key(pointer: string): TextRange;
}

/** Pointers to places in the turn's text; what is not there is placed at the arguments as a whole. */
function placesIn(argumentsText: string, argumentsRange: TextRange): Places {
  let values: ReadonlyMap<string, TextRange> | null = null;
  let keys: ReadonlyMap<string, TextRange> | null = null;
  const shift = (range: TextRange | undefined): TextRange =>
    range === undefined ? argumentsRange : { start: argumentsRange.start + range.start, end: argumentsRange.start + range.end };
  return {
    value: (pointer) => shift((values ??= valueRanges(argumentsText)).get(pointer)),
    key: (pointer) => shift((keys ??= keyRanges(argumentsText)).get(pointer)),
  };
}

const parentOf = (pointer: string): string => pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));

const isWithin = (pointer: string, ancestor: string): boolean => pointer === ancestor || pointer.startsWith(`${ancestor}/`);

function valueAt(args: JsonObject, pointer: string): unknown {
  let at: unknown = args;
  for (const step of pointer.split("/").slice(1)) at = (at as Record<string, unknown>)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  return at;
}

function missingFix(schema: JsonObject, pointer: string): string {
  const type = schemaAt(schema, pointer)?.["type"];
  const name = parameterName(pointer);
  return `Add "${name}"${typeof type === "string" ? ` (${type})` : ""}; where the user has not said it, ask.`;
}

function knownParameters(schema: JsonObject, pointer: string): string {
  const properties = schemaAt(schema, pointer)?.["properties"];
  return typeof properties === "object" && properties !== null ? Object.keys(properties).slice(0, 12).join(", ") : "";
}

/** The offered name that differs by the fewest letters, where that is at most two, or one contains the other. */
function nearestName(name: string, tools: readonly ToolDefinition[]): string | null {
  const lower = name.toLowerCase();
  let best: { name: string; distance: number } | null = null;
  for (const tool of tools) {
    const other = tool.name.toLowerCase();
    const contains = lower.length > 3 && (other.includes(lower) || lower.includes(other));
    const distance = contains ? 2 : editDistance(lower, other);
    if (distance <= 2 && (best === null || distance < best.distance)) best = { name: tool.name, distance };
  }
  return best?.name ?? null;
}
