/** @file Contents of trajectories, each stored once by its hash, with system texts and tool lists shared between them. */
import { AppError } from "#contracts/errors.ts";
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { decodeContent, decodeTools } from "./contentCodec.ts";
import { createContentEncoder, type ContentPart, type EncodedContent } from "./contentEncoder.ts";
import type { Db } from "./openDatabase.ts";
import { remembered } from "./remembered.ts";

/** What a list shows of a content; computed where it is written, since the store does not know how to read a trajectory. */
export interface ContentSummary {
  readonly title: string;
  readonly numTurns: number;
  readonly numCalls: number;
  readonly numTools: number;
  readonly numUnreadable: number;
}

interface ContentRow {
  readonly body: string;
  readonly hash: Buffer;
  readonly tools: string;
  readonly tools_id: number;
  readonly system: string | null;
}

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
  const sumLengths = db.prepare<[number], number | null>("SELECT sum(length(body)) FROM content WHERE id > ?").pluck();
  let encode = createContentEncoder();
  const partIds = new Map<string, number>();
  const decodedTools = new Map<number, readonly ToolDefinition[]>();

  /** Throws where nobody has written the part. */
  const idOf = (hash: string): number =>
    remembered(partIds, hash, REMEMBERED_PARTS, () => {
      const id = findPart.get(Buffer.from(hash, "hex"));
      if (id === undefined) throw new AppError("E_NOT_FOUND", { what: "part", id: hash });
      return id;
    });
  const ensurePart = ({ hash, kind, body, toolNames }: ContentPart): void => {
    remembered(partIds, hash, REMEMBERED_PARTS, () => {
      const bytes = Buffer.from(hash, "hex");
      const known = findPart.get(bytes);
      if (known !== undefined) return known;
      for (const name of toolNames) insertToolName.run(name);
      return Number(insertPart.run(bytes, kind, body).lastInsertRowid);
    });
  };

  return {
    /** Writes: the content, unless it is there already. Returns its id. Call inside a transaction. */
    write(content: TrajectoryContent, summary: ContentSummary): number {
      return this.writeEncoded(encode(content), summary);
    },

    /** Writes: the same, of a content that was encoded elsewhere; parts that it names without bringing them were written before. */
    writeEncoded({ hash, systemHash, toolsHash, body, newParts }: EncodedContent, summary: ContentSummary): number {
      newParts.forEach(ensurePart);
      const bytes = Buffer.from(hash, "hex");
      const known = findContent.get(bytes);
      if (known !== undefined) return known;
      const { title, numTurns, numCalls, numTools, numUnreadable } = summary;
      const systemId = systemHash === null ? null : idOf(systemHash);
      const { lastInsertRowid } = insertContent.run(
        ...[bytes, systemId, idOf(toolsHash), numTurns, numCalls, numTools, numUnreadable, title, body],
      );
      return Number(lastInsertRowid);
    },

    /** Forgets which parts were written; call after a transaction that wrote some was rolled back. */
    forgetParts(): void {
      encode = createContentEncoder();
      partIds.clear();
    },

    /** Reads only: every tool that any trajectory of the workspace offers. */
    toolNames(): ReadonlySet<string> {
      return new Set(selectToolNames.all());
    },

    /** Reads only: how much text the contents after one hold; for few of them. */
    numCharactersAfter(id: number): number {
      return sumLengths.get(id) ?? 0;
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
