/** @file ToolBench training rows (`toolllama_G123_dfs_train.json` and its like): `[{id, conversations: [{from, value}]}]`. */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { createPathGrouper, type Path, type PathRow } from "../groupPaths.ts";
import { isObject, nameOf, readRow, refuseShape, RowRefusal, type FormatReader, type InputRow, type Settled } from "./format.ts";
import type { RowFacts, ToolllamaItem } from "./toolllamaFacts.ts";
import { createSystemTextReader, type SystemText } from "./toolllamaSystem.ts";
import { contentOf } from "./toolllamaTurns.ts";

interface ReadRow extends PathRow {
  readonly place: InputRow;
  readonly items: readonly ToolllamaItem[];
  readonly system: SystemText | undefined;
  readonly id: JsonValue | undefined;
  readonly fields: JsonObject | undefined;
  readonly itemFields: readonly (JsonObject | undefined)[];
  /** Index of the last assistant item: what the row teaches. */
  readonly target: number;
}

const ROLES: ReadonlySet<string> = new Set(["system", "user", "assistant", "function"]);
const NO_FIELDS: readonly undefined[] = [];

export function createToolllamaReader(): FormatReader {
  const readSystemText = createSystemTextReader();
  const grouper = createPathGrouper<ReadRow>();
  return {
    push(rowIndex, byteOffset, byteLength, rowText) {
      const place = { rowIndex, byteOffset, byteLength };
      const result = readRow(place, rowText, (row) => readToolllamaRow(row, place, readSystemText));
      if (!result.ok) return [result.settled];
      const row = result.value;
      // a row that does not end in its target, or whose items carry more than text, is a path of its own
      const isStep = row.target === row.items.length - 1 && row.itemFields === NO_FIELDS;
      if (!isStep) return [settle({ items: row.items, rows: [row] })];
      const key = `${row.system?.id ?? "-"} ${row.items.find((item) => item.from === "user")?.value ?? ""}`;
      return grouper.push(key, row).map(settle);
    },
    finish: () => grouper.finish().map(settle),
  };
}

function readToolllamaRow(row: JsonObject, place: InputRow, readSystemText: (text: string) => SystemText): ReadRow {
  const { id, conversations, ...fields } = row;
  if (!Array.isArray(conversations)) return refuseShape(`"conversations" is ${nameOf(conversations)}, not a list`);
  const items: ToolllamaItem[] = [];
  let itemFields: (JsonObject | undefined)[] | typeof NO_FIELDS = NO_FIELDS;
  let system: SystemText | undefined;
  let target = -1;
  for (let i = 0; i < conversations.length; i++) {
    const item = conversations[i]!;
    if (!isObject(item)) return refuseShape(`conversations[${i}] is ${nameOf(item)}, not an object`);
    const { from, value } = item;
    if (typeof from !== "string" || !ROLES.has(from)) {
      return refuseShape(`conversations[${i}].from is ${typeof from === "string" ? `"${from.slice(0, 40)}"` : nameOf(from)}`);
    }
    if (typeof value !== "string") return refuseShape(`conversations[${i}].value is ${nameOf(value)}, not text`);
    if (i === 0 && from === "system") {
      system = readSystemText(value);
      // the same string object for every row that shares the text: comparing them costs nothing then
      items.push({ from, value: system.text });
    } else items.push({ from, value });
    if (from === "assistant") target = i;
    if (Object.keys(item).length > 2) {
      const { from: _from, value: _value, ...rest } = item;
      itemFields = itemFields === NO_FIELDS ? conversations.map(() => undefined) : itemFields;
      (itemFields as (JsonObject | undefined)[])[i] = rest;
    }
  }
  if (target === -1) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return { place, items, system, id, fields: Object.keys(fields).length > 0 ? fields : undefined, itemFields, target };
}

function settle(path: Path<ReadRow>): Settled {
  const first = path.rows[0]!;
  const changes: readonly LedgerChange[] = first.system?.changes ?? [];
  const rows = path.rows.map((row): RowFacts => ({
    ...(row.id === undefined ? {} : { id: row.id }),
    last: row.items.length - 1,
    ...(row.fields === undefined ? {} : { fields: row.fields }),
  }));
  const content: TrajectoryContent = contentOf({
    items: path.items as readonly ToolllamaItem[],
    system: first.system,
    itemFields: first.itemFields,
    rows,
    targets: path.rows.map((row) => row.target),
  });
  const outcome = changes.length > 0 ? "changed" : "taken";
  return { kind: "trajectory", content, rows: path.rows.map(({ place }) => ({ ...place, outcome, changes })) };
}
