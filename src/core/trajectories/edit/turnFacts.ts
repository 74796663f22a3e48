/**
 * @file What `metadata` keeps about single turns, carried along when turns come, go or move.
 *
 * Formats remember what an exact export needs by the index of a turn: recorded texts, further fields, the rows of a file. Their writers
 * check such facts against what the turn says now, so an edit of a turn needs nothing here; a turn in another place does.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { isJsonObject } from "../normalizeSchema.ts";

type Metadata = TrajectoryContent["metadata"];

/** New index of a turn, undefined where it is gone. */
export type TurnMoves = (turnIndex: number) => number | undefined;

/** Records by turn index, as `format.field` of the metadata. */
const BY_TURN: readonly (readonly [format: string, field: string])[] = [
  ["openai", "messages"],
  ["trl", "messages"],
  ["toolllama", "texts"],
  ["toolllama", "itemFields"],
  ["sharegpt", "itemFields"],
];

export function moveTurnFacts(metadata: Metadata, moves: TurnMoves): Metadata {
  let moved: Metadata = metadata;
  for (const [format, field] of BY_TURN) {
    const facts = moved[format];
    if (!isJsonObject(facts) || !isJsonObject(facts[field])) continue;
    moved = { ...moved, [format]: { ...facts, [field]: moveKeys(facts[field], moves) } };
  }
  const rows = moved["toolllama"];
  if (isJsonObject(rows) && Array.isArray(rows["rows"])) {
    moved = { ...moved, toolllama: { ...rows, rows: rows["rows"].flatMap((row) => moveRow(row, moves)) } };
  }
  return moved;
}

function moveKeys(record: JsonObject, moves: TurnMoves): JsonObject {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => {
      const index = moves(Number(key));
      return index === undefined ? [] : [[String(index), value] as const];
    }),
  );
}

/** A row that lists its turns one by one knows nothing of a new turn between them: it is written anew from the targets. */
function moveRow(row: JsonValue, moves: TurnMoves): JsonValue[] {
  if (!isJsonObject(row) || typeof row["last"] !== "number") return [row];
  if (row["turns"] !== undefined) return [];
  if (row["last"] < 0) return [row];
  const last = moves(row["last"]);
  return last === undefined ? [] : [{ ...row, last }];
}
