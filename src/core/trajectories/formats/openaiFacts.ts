/**
 * @file What a trajectory keeps of the OpenAI chat row it came from, under `metadata.openai` (of a row in Hugging Face's spelling: under
 * `metadata.trl`): the row's spelling, and for each message what differs from how that spelling would write it. A difference in what a message says holds only as long as it says the same.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { sameJson } from "../sameJson.ts";
import { isObject, RowRefusal } from "./format.ts";
import { LOSS_FIELDS, weightOf } from "./lossFlags.ts";
import { readMessage, type MessageStyle } from "./openaiMessage.ts";

/** Fields as recorded, laid over the message as written; `remove` names fields that the recorded message does not have. */
export interface MessagePatch {
  readonly set?: JsonObject;
  readonly remove?: readonly string[];
}

export interface OpenaiFacts {
  readonly style: MessageStyle;
  readonly messages?: Readonly<Record<string, MessagePatch>>;
  /** `tools` or `functions` as recorded, where they would be written in another way. */
  readonly tools?: JsonValue;
  readonly toolsKey?: "functions";
}

export const factsToJson = (facts: OpenaiFacts): JsonValue => facts as unknown as JsonValue;

export type FactsKey = "openai" | "trl";

export function factsOf(content: TrajectoryContent, key: FactsKey): OpenaiFacts | undefined {
  const facts = content.metadata[key];
  if (!isObject(facts) || !isObject(facts["style"])) return undefined;
  const { messages } = facts;
  if (messages !== undefined && !(isObject(messages) && Object.values(messages).every(isPatch))) return undefined;
  return facts as unknown as OpenaiFacts;
}

const isPatch = (value: JsonValue): boolean =>
  isObject(value) &&
  (value["set"] === undefined || isObject(value["set"])) &&
  (value["remove"] === undefined || Array.isArray(value["remove"]));

/** Undefined where the message comes back as it is. */
export function patchBetween(written: JsonObject, recorded: JsonObject): MessagePatch | undefined {
  const set = Object.entries(recorded).filter(([key, value]) => !(Object.hasOwn(written, key) && sameJson(written[key], value)));
  const remove = Object.keys(written).filter((key) => !Object.hasOwn(recorded, key));
  if (set.length === 0 && remove.length === 0) return undefined;
  return { ...(set.length > 0 ? { set: Object.fromEntries(set) } : {}), ...(remove.length > 0 ? { remove } : {}) };
}

/** Fields that say what the turn says; all others belong to the message whatever it says. */
const TELLING_FIELDS: ReadonlySet<string> = new Set([
  "role",
  "content",
  "tool_calls",
  "function_call",
  "reasoning_content",
  "tool_call_id",
  "name",
  ...LOSS_FIELDS,
]);

/** The message as recorded, as long as it still says `turn`; else as written, with the fields that do not depend on it. */
export function applyPatch(written: JsonObject, patch: MessagePatch | undefined, turn: Turn): JsonObject {
  if (patch === undefined) return written;
  const patched = patchFields(written, patch, () => true);
  const isSameWeight = turn.role !== "assistant" || weightOf(patched) === weightOf(written);
  if (isSameWeight && says(patched, turn)) return patched;
  return patchFields(written, patch, (key) => !TELLING_FIELDS.has(key));
}

function patchFields(written: JsonObject, { set = {}, remove = [] }: MessagePatch, isMeant: (key: string) => boolean): JsonObject {
  const kept = Object.entries(written).filter(([key]) => !(remove.includes(key) && isMeant(key)));
  return Object.fromEntries([...kept, ...Object.entries(set).filter(([key]) => isMeant(key))]);
}

function says(message: JsonObject, turn: Turn): boolean {
  try {
    const said = readMessage(message, "message");
    return sameJson(comparable(said, turn), comparable(turn, turn));
  } catch (error) {
    if (error instanceof RowRefusal) return false;
    throw error;
  }
}

/** What a turn says, without the ids that `reference` does not have: those were derived from places, not recorded. */
function comparable(turn: Turn, reference: Turn): JsonValue {
  if (turn.role === "tool") {
    const hasId = reference.role === "tool" && reference.callId !== undefined;
    return [turn.role, turn.content, turn.name ?? null, hasId ? (turn.callId ?? null) : null];
  }
  if (turn.role !== "assistant") return [turn.role, turn.content];
  const ids = reference.role === "assistant" ? reference.calls.map((call) => call.callId) : [];
  const calls = turn.calls.map((call, i) => [call.name, call.argumentsText, ids[i] === undefined ? null : (call.callId ?? null)]);
  return [turn.role, turn.thought ?? null, calls, turn.answer ?? null, turn.raw ?? null];
}
