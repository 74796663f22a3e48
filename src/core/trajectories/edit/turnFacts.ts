/**
 * @file What `metadata` keeps about single turns, carried along when turns come, go or move.
 *
 * Formats remember what an exact export needs by the index of a turn: recorded texts, further fields, the rows of a file; or by the
 * place in the row at which a turn stands. Their writers check such facts against what the turn says now, so an edit of a turn needs
 * nothing here; a turn in another place does.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { ITEM_LAYOUTS, type RowItem, type Step } from "../formats/itemLayouts.ts";
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

/** The content with other turns, and what is kept about its turns at their new places. */
export function withMovedFacts(content: TrajectoryContent, turns: readonly Turn[], moves: TurnMoves): TrajectoryContent {
  const next = { ...content, turns };
  return { ...next, metadata: moveDifferences(moveTurnFacts(content.metadata, moves), content, next, moves) };
}

function moveTurnFacts(metadata: Metadata, moves: TurnMoves): Metadata {
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

/** What rows had beyond their format's usual spelling, by place: it goes with its turn, and goes away with it. */
function moveDifferences(metadata: Metadata, before: TrajectoryContent, after: TrajectoryContent, moves: TurnMoves): Metadata {
  let moved = metadata;
  for (const [key, layout] of Object.entries(ITEM_LAYOUTS)) {
    const facts = moved[key];
    if (!isJsonObject(facts) || !Array.isArray(facts["differences"])) continue;
    const move = movesOfPaths(layout(before), layout(after), moves);
    const differences = facts["differences"].flatMap((difference) => {
      if (!isJsonObject(difference) || !Array.isArray(difference["path"])) return [difference];
      const path = move(difference["path"] as readonly Step[]);
      return path === undefined ? [] : [{ ...difference, path: [...path] }];
    });
    moved = { ...moved, [key]: { ...facts, differences } };
  }
  return moved;
}

/** The new place of a path in the row; undefined where the turn it is about is gone. */
function movesOfPaths(before: readonly RowItem[], after: readonly RowItem[], moves: TurnMoves) {
  const from = byTurn(before);
  const to = byTurn(after);
  return (path: readonly Step[]): readonly Step[] | undefined => {
    const length = Math.max(0, ...before.map((item) => (isWithin(path, item.path) ? item.path.length : 0)));
    if (length === 0) return path;
    const item = path.slice(0, length);
    const key = JSON.stringify(item);
    for (const { turn } of before.filter((each) => JSON.stringify(each.path) === key)) {
      // a part of a row that is about no turn stays the first of its kind
      const next = turn < 0 ? turn : moves(turn);
      const place = next === undefined ? undefined : to.get(next)?.[from.get(turn)!.findIndex((each) => JSON.stringify(each) === key)];
      if (place !== undefined) return [...place, ...path.slice(length)];
    }
    return undefined;
  };
}

const isWithin = (path: readonly Step[], item: readonly Step[]): boolean =>
  item.length <= path.length && item.every((step, i) => step === path[i]);

function byTurn(items: readonly RowItem[]): ReadonlyMap<number, readonly (readonly Step[])[]> {
  const paths = new Map<number, (readonly Step[])[]>();
  for (const { turn, path } of items) paths.set(turn, [...(paths.get(turn) ?? []), path]);
  return paths;
}
