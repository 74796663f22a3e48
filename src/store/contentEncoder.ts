/**
 * @file A trajectory's content made ready for the database, away from it: whoever reads a large file encodes and hashes in one thread
 * while another one writes.
 *
 * System texts and tool lists are parts that contents share. A part comes with the first content that uses it; later ones only name it.
 */
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { encodeContent, encodeTools, hashContent, hashPart } from "./contentCodec.ts";
import { remembered } from "./remembered.ts";

export interface ContentPart {
  /** SHA-256 in hexadecimal, as every hash here. */
  readonly hash: string;
  readonly kind: "system" | "tools";
  readonly body: string;
  /** Names of the tools in the list; none for a system text. */
  readonly toolNames: readonly string[];
}

export interface EncodedContent {
  readonly hash: string;
  readonly systemHash: string | null;
  readonly toolsHash: string;
  readonly body: string;
  /** Parts that this encoder has not handed out yet, or so long ago that it has forgotten. */
  readonly newParts: readonly ContentPart[];
}

/** Parts that an encoder remembers, so that a text shared by thousands of rows is hashed, and handed out, once. */
const REMEMBERED_PARTS = 2000;

export function createContentEncoder(): (content: TrajectoryContent) => EncodedContent {
  const systemHashes = new Map<string, string>();
  const toolsHashes = new Map<string, string>();
  // readers give equal lists as one object
  const hashesByList = new WeakMap<readonly ToolDefinition[], string>();
  let newParts: ContentPart[] = [];

  const handOut = (kind: ContentPart["kind"], body: string, toolNames: readonly string[]): string => {
    const hash = hashPart(kind, body);
    newParts.push({ hash, kind, body, toolNames });
    return hash;
  };
  const systemHash = (text: string): string => remembered(systemHashes, text, REMEMBERED_PARTS, () => handOut("system", text, []));
  const toolsHash = (tools: readonly ToolDefinition[]): string => {
    const known = hashesByList.get(tools);
    if (known !== undefined) return known;
    const body = encodeTools(tools);
    const toolNames = tools.map(({ name }) => name);
    const made = remembered(toolsHashes, body, REMEMBERED_PARTS, () => handOut("tools", body, toolNames));
    hashesByList.set(tools, made);
    return made;
  };

  return (content) => {
    newParts = [];
    const { systemText, body } = encodeContent(content);
    const parts = { systemHash: systemText === null ? null : systemHash(systemText), toolsHash: toolsHash(content.tools) };
    return { hash: hashContent(parts.systemHash, parts.toolsHash, body), ...parts, body, newParts };
  };
}
