/** @file Which definitions each tool list has. Lists are parts that contents share; each is taken apart once, in order of their ids. */
import { hash } from "node:crypto";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { decodeTools, encodeTools } from "./contentCodec.ts";
import type { Db } from "./openDatabase.ts";
import { remembered } from "./remembered.ts";

const LAST_LIST = "facts.lastToolList";
const REMEMBERED = 20_000;

export interface DefinitionRow {
  readonly id: number;
  readonly definition: ToolDefinition;
}

export type ToolListRepository = ReturnType<typeof toolListRepository>;

export function toolListRepository(db: Db) {
  const setting = db.prepare<[string], string>("SELECT value FROM setting WHERE key = ?").pluck();
  const setSetting = db.prepare<[string, string]>("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)");
  const selectLists = db.prepare<[number, number], { id: number; body: string }>(
    "SELECT id, body FROM part WHERE id > ? AND id <= ? AND kind = 'tools' ORDER BY id",
  );
  const findTool = db.prepare<[string], number>("SELECT id FROM tool WHERE name = ?").pluck();
  const insertTool = db.prepare<[string]>("INSERT INTO tool (name) VALUES (?)");
  const findDefinition = db.prepare<[Buffer], number>("SELECT id FROM tool_definition WHERE hash = ?").pluck();
  const insertDefinition = db.prepare<[Buffer, number, number, number]>(
    "INSERT INTO tool_definition (hash, tool_id, part_id, place) VALUES (?, ?, ?, ?)",
  );
  const insertEntry = db.prepare<[number, number]>("INSERT OR IGNORE INTO tool_list (part_id, definition_id) VALUES (?, ?)");
  const selectPlace = db.prepare<[number], { body: string; place: number }>(
    "SELECT p.body, d.place FROM tool_definition d JOIN part p ON p.id = d.part_id WHERE d.id = ?",
  );
  const toolIds = new Map<string, number>();
  const definitionIds = new Map<string, number>();

  const idOfTool = (name: string): number =>
    remembered(toolIds, name, REMEMBERED, () => findTool.get(name) ?? Number(insertTool.run(name).lastInsertRowid));
  const idOfDefinition = (definition: ToolDefinition, part: number, place: number): number => {
    const digest = hash("sha256", encodeTools([definition]), "hex");
    return remembered(definitionIds, digest, REMEMBERED, () => {
      const bytes = Buffer.from(digest, "hex");
      return findDefinition.get(bytes) ?? Number(insertDefinition.run(bytes, idOfTool(definition.name), part, place).lastInsertRowid);
    });
  };

  return {
    /** Writes: the number of a tool by name, given to it here where it is new. Inside a transaction. */
    idOfTool,

    /** Writes: takes apart the tool lists that were not yet, up to a part. Inside a transaction. */
    takeApart(upTo: number): void {
      const last = Number(setting.get(LAST_LIST) ?? 0);
      if (upTo <= last) return;
      for (const { id, body } of selectLists.all(last, upTo)) {
        decodeTools(body).forEach((definition, place) => insertEntry.run(id, idOfDefinition(definition, id, place)));
      }
      setSetting.run(LAST_LIST, String(upTo));
    },

    /** Forgets numbers that were given out; call after a transaction that gave some was rolled back. */
    forget(): void {
      toolIds.clear();
      definitionIds.clear();
    },

    /** Reads only: definitions by id. */
    definitions(ids: readonly number[]): readonly DefinitionRow[] {
      return ids.flatMap((id) => {
        const row = selectPlace.get(id);
        return row === undefined ? [] : [{ id, definition: decodeTools(row.body)[row.place]! }];
      });
    },
  };
}
