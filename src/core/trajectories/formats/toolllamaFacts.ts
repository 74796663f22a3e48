/**
 * @file What a trajectory keeps of the ToolBench rows it came from, under `metadata.toolllama`, so that they can be written again to
 * the letter. Facts about text hold only as long as the text means what the trajectory says; an edit outdates them.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { isObject } from "./format.ts";

/** One item of `conversations`. */
export interface ToolllamaItem {
  readonly from: string;
  readonly value: string;
}

export interface ToolllamaRow {
  readonly id?: JsonValue;
  readonly conversations: readonly ToolllamaItem[];
}

export interface RowFacts {
  readonly id?: JsonValue;
  /** Index of the row's last turn, -1 where no turn stands for it; the row is turns 0 to this one ... */
  readonly last: number;
  /** ... unless listed here: turns by index, and texts that only this row has (ToolBench's hints on a second try). */
  readonly turns?: readonly (number | ToolllamaItem)[];
  /** Other fields of the row. */
  readonly fields?: JsonObject;
}

export interface ToolllamaFacts {
  readonly rows: readonly RowFacts[];
  readonly apiList?: string;
  /** The API list is an item of its own although a system turn follows. */
  readonly isListApart?: boolean;
  /** Recorded texts of assistant turns, by turn index, where they differ from ToolBench's own layout. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Other fields of the items, by turn index. */
  readonly itemFields?: Readonly<Record<string, JsonObject>>;
}

export const factsToJson = (facts: ToolllamaFacts): JsonValue => facts as unknown as JsonValue;

/** The facts, if there are any of this shape; metadata may come from an edited or foreign source. */
export function factsOf(content: TrajectoryContent): ToolllamaFacts | undefined {
  const facts = content.metadata["toolllama"];
  if (!isObject(facts) || !Array.isArray(facts["rows"]) || !facts["rows"].every(isRowFacts)) return undefined;
  const { rows, apiList, isListApart, texts, itemFields } = facts;
  return {
    rows: rows as unknown as readonly RowFacts[],
    ...(typeof apiList === "string" ? { apiList } : {}),
    ...(isListApart === true ? { isListApart } : {}),
    ...(isObject(texts) ? { texts: texts as Record<string, string> } : {}),
    ...(isObject(itemFields) ? { itemFields: itemFields as Record<string, JsonObject> } : {}),
  };
}

function isRowFacts(value: JsonValue): boolean {
  if (!isObject(value) || typeof value["last"] !== "number") return false;
  const { turns } = value;
  return turns === undefined || (Array.isArray(turns) && turns.every((turn) => typeof turn === "number" || isItem(turn)));
}

const isItem = (value: JsonValue): boolean => isObject(value) && typeof value["from"] === "string" && typeof value["value"] === "string";
