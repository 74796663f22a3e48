/**
 * @file A trajectory as blocks of tokens, in the order of the template, before anything is cut.
 *
 * Tools and system texts repeat from trajectory to trajectory (one job prepares tens of thousands), so their encodings are remembered.
 */
import type { Segment } from "#contracts/example.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { MARKER_OF_ROLE, renderTool, renderTurn, toolsPosition } from "./chatTemplate.ts";
import { assistantSegments, SEGMENT_CODE, segmentsOfTokens } from "./segments.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** One tool line; `descriptionIds` are its indented parameter lines. */
export interface ToolTokens {
  readonly name: string;
  readonly signatureIds: readonly number[];
  /** Text of the line without the tool's description. */
  readonly bareSignature: string;
  readonly descriptionIds: readonly number[];
}

/** A turn: its role marker and its text; for the assistant also the end token. */
export interface TurnTokens {
  readonly role: Turn["role"];
  readonly turnIndex: number;
  readonly markerId: number;
  readonly ids: readonly number[];
  /** Of the text's tokens: one segment for all, or one code for each. */
  readonly segments: Segment | Uint8Array;
  /** Closes the assistant's turns. */
  readonly stopId: number | null;
}

export interface TokenBlocks {
  readonly turns: readonly TurnTokens[];
  readonly tools: readonly ToolTokens[];
  /** The tools stand in front of `turns[toolsAt]`. */
  readonly toolsAt: number;
}

const SEGMENT_OF_ROLE = { system: "system", user: "user", tool: "result" } as const;

/** @param numTurns only this many turns from the start (a prompt ends before the turn it asks for) */
export function encodeBlocks(content: TrajectoryContent, tokenizer: Tokenizer, numTurns = content.turns.length): TokenBlocks {
  const turns = content.turns.slice(0, numTurns).map((turn, turnIndex): TurnTokens => {
    const text = renderTurn(turn);
    const markerId = tokenizer.special[MARKER_OF_ROLE[turn.role]];
    if (turn.role !== "assistant") {
      const ids = turn.role === "system" ? encodeRemembered(text, tokenizer) : tokenizer.encode(text);
      return { role: turn.role, turnIndex, markerId, ids, segments: SEGMENT_OF_ROLE[turn.role], stopId: null };
    }
    // the whole text at once: encoding its parts apart could merge differently at their borders
    const ids = tokenizer.encode(text);
    const segments = segmentsOfTokens(text, assistantSegments(text), ids, tokenizer);
    return { role: turn.role, turnIndex, markerId, ids, segments, stopId: tokenizer.special.eos };
  });
  const tools = content.tools.map((tool): ToolTokens => {
    const text = renderTool(tool);
    return {
      name: tool.name,
      signatureIds: encodeRemembered(text.signature, tokenizer),
      bareSignature: text.bareSignature,
      descriptionIds: encodeRemembered(text.parameterDescriptions, tokenizer),
    };
  });
  return { turns, tools, toolsAt: toolsPosition(content.turns) };
}

export const turnLength = (turn: TurnTokens): number => 1 + turn.ids.length + (turn.stopId === null ? 0 : 1);

export const toolLength = (tool: ToolTokens): number => tool.signatureIds.length + tool.descriptionIds.length;

/** With the start token; the tools' marker stands only where there are tools. */
export function blocksLength(blocks: TokenBlocks): number {
  const tools = blocks.tools.reduce((sum, tool) => sum + toolLength(tool), blocks.tools.length > 0 ? 1 : 0);
  return blocks.turns.reduce((sum, turn) => sum + turnLength(turn), 1 + tools);
}

/** Blocks laid out one behind the other; arrays aligned with `inputIds`. */
export interface FlatTokens {
  readonly inputIds: Int32Array;
  readonly segments: Uint8Array;
  readonly turnIndices: Int16Array;
  /** 1 on the text and the end token of assistant turns: what a mask may choose from. */
  readonly isAssistant: Uint8Array;
}

export function flatten(blocks: TokenBlocks, tokenizer: Tokenizer): FlatTokens {
  const length = blocksLength(blocks);
  const flat: FlatTokens = {
    inputIds: new Int32Array(length),
    segments: new Uint8Array(length),
    turnIndices: new Int16Array(length).fill(-1),
    isAssistant: new Uint8Array(length),
  };
  let at = 0;
  const put = (ids: readonly number[], segments: number | Uint8Array, turnIndex: number): void => {
    flat.inputIds.set(ids, at);
    if (typeof segments === "number") flat.segments.fill(segments, at, at + ids.length);
    else flat.segments.set(segments, at);
    flat.turnIndices.fill(turnIndex, at, at + ids.length);
    at += ids.length;
  };
  put([tokenizer.special.bos], SEGMENT_CODE.system, -1);
  const putTools = (): void => {
    if (blocks.tools.length === 0) return;
    put([tokenizer.special.tools], SEGMENT_CODE.tools, -1);
    for (const tool of blocks.tools) {
      put(tool.signatureIds, SEGMENT_CODE.tools, -1);
      put(tool.descriptionIds, SEGMENT_CODE.tools, -1);
    }
  };
  blocks.turns.forEach((turn, i) => {
    if (i === blocks.toolsAt) putTools();
    const segments = typeof turn.segments === "string" ? SEGMENT_CODE[turn.segments] : turn.segments;
    put([turn.markerId], typeof segments === "number" ? segments : (segments[0] ?? SEGMENT_CODE.finalAnswer), turn.turnIndex);
    const textStart = at;
    put(turn.ids, segments, turn.turnIndex);
    if (turn.stopId !== null) {
      put([turn.stopId], SEGMENT_CODE.stop, turn.turnIndex);
      flat.isAssistant.fill(1, textStart, at);
    }
  });
  if (blocks.toolsAt >= blocks.turns.length) putTools();
  return flat;
}

/** Encodings by text, for each tokenizer; dropped as a whole when they take this many characters. */
const MAX_REMEMBERED_CHARACTERS = 16_000_000;
const memories = new WeakMap<Tokenizer, { readonly byText: Map<string, readonly number[]>; numCharacters: number }>();

function encodeRemembered(text: string, tokenizer: Tokenizer): readonly number[] {
  if (text === "") return [];
  let memory = memories.get(tokenizer);
  if (memory === undefined) memories.set(tokenizer, (memory = { byText: new Map(), numCharacters: 0 }));
  const known = memory.byText.get(text);
  if (known !== undefined) return known;
  if (memory.numCharacters + text.length > MAX_REMEMBERED_CHARACTERS) {
    memory.byText.clear();
    memory.numCharacters = 0;
  }
  const ids = tokenizer.encode(text);
  memory.byText.set(text, ids);
  memory.numCharacters += text.length;
  return ids;
}
