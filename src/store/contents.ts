/** @file Contents of trajectories, each stored once by its hash, with system texts and tool lists shared between them. */
import { AppError } from "#contracts/errors.ts";
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { decodeContent, decodeTools, encodeContent, encodeTools, hashContent, hashPart } from "./contentCodec.ts";
import type { Db } from "./openDatabase.ts";

/** What a list shows of a content; computed where it is written, since the store does not know how to read a trajectory. */
export interface ContentSummary {
  readonly title: string;
  readonly numTurns: number;
  readonly numCalls: number;
  readonly numTools: number;
  readonly numUnreadable: number;
}

interface Part {
  readonly id: number;
  readonly hash: Buffer;
}

interface ContentRow {
  readonly body: string;
  readonly hash: Buffer;
  readonly tools: string;
  readonly tools_id: number;
  readonly system: string | null;
}

/** Parts that a writer remembers, so that a text shared by thousands of rows is hashed once. */
const REMEMBERED_PARTS = 2000;
const REMEMBERED_TOOL_LISTS = 500;

export type ContentRepository = ReturnType<typeof contentRepository>;

export function contentRepository(db: Db) {
  const findPart = db.prepare<[Buffer], number>("SELECT id FROM part WHERE hash = ?").pluck();
  const insertPart = db.prepare<[Buffer, string, string]>("INSERT INTO part (hash, kind, body) VALUES (?, ?, ?)");
  const insertToolName = db.prepare<[string]>("INSERT OR IGNORE INTO tool_name (name) VALUES (?)");
  const selectToolNames = db.prepare<[], string>("SELECT name FROM tool_name").pluck();
  const findContent = db.prepare<[Buffer], number>("SELECT id FROM content WHERE hash = ?").pluck();
  const insertContent = db.prepare(`
    INSERT INTO content (hash, system_id, tools_id, num_turns, num_calls, num_tools, num_unreadable, title, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectContent = db.prepare<[number], ContentRow>(`
    SELECT c.body, c.hash, c.tools_id, t.body AS tools, s.body AS system
    FROM content c JOIN part t ON t.id = c.tools_id LEFT JOIN part s ON s.id = c.system_id WHERE c.id = ?`);
  const systemParts = new Map<string, Part>();
  const toolsByText = new Map<string, Part>();
  let toolsByList = new WeakMap<readonly ToolDefinition[], Part>();
  const decodedTools = new Map<number, readonly ToolDefinition[]>();

  const part = (kind: "system" | "tools", body: string): Part => {
    const hash = hashPart(kind, body);
    return { hash, id: findPart.get(hash) ?? Number(insertPart.run(hash, kind, body).lastInsertRowid) };
  };
  const systemPart = (text: string): Part => remembered(systemParts, text, REMEMBERED_PARTS, () => part("system", text));
  const toolsPart = (tools: readonly ToolDefinition[]): Part => {
    const known = toolsByList.get(tools);
    if (known !== undefined) return known;
    const body = encodeTools(tools);
    const made = remembered(toolsByText, body, REMEMBERED_PARTS, () => {
      for (const { name } of tools) insertToolName.run(name);
      return part("tools", body);
    });
    toolsByList.set(tools, made);
    return made;
  };

  return {
    /** Writes: the content, unless it is there already. Returns its id. Call inside a transaction. */
    write(content: TrajectoryContent, summary: ContentSummary): number {
      const { systemText, body } = encodeContent(content);
      const system = systemText === null ? null : systemPart(systemText);
      const tools = toolsPart(content.tools);
      const hash = hashContent(system?.hash ?? null, tools.hash, body);
      const known = findContent.get(hash);
      if (known !== undefined) return known;
      const { title, numTurns, numCalls, numTools, numUnreadable } = summary;
      const { lastInsertRowid } = insertContent.run(
        ...[hash, system?.id ?? null, tools.id, numTurns, numCalls, numTools, numUnreadable, title, body],
      );
      return Number(lastInsertRowid);
    },

    /** Forgets which parts were written; call after a transaction that wrote some was rolled back. */
    forgetParts(): void {
      systemParts.clear();
      toolsByText.clear();
      toolsByList = new WeakMap();
    },

    /** Reads only: every tool that any trajectory of the workspace offers. */
    toolNames(): ReadonlySet<string> {
      return new Set(selectToolNames.all());
    },

    /** Reads only: a content by id, with its hash in hexadecimal. */
    read(id: number): { readonly content: TrajectoryContent; readonly hash: string } {
      const row = selectContent.get(id);
      if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "content", id });
      const tools = remembered(decodedTools, row.tools_id, REMEMBERED_TOOL_LISTS, () => decodeTools(row.tools));
      return { content: decodeContent(row.body, row.system, tools), hash: row.hash.toString("hex") };
    },
  };
}

/** A map that forgets its oldest entries beyond `limit`. */
function remembered<K, V>(map: Map<K, V>, key: K, limit: number, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  if (map.size > limit) map.delete(map.keys().next().value as K);
  return made;
}
