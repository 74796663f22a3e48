/**
 * @file Making a trajectory fit its window by removing prompt material, never a target.
 *
 * In this order, each only as far as needed, each removal recorded:
 *   1. parameter descriptions, of tools that no call uses first, from the last tool backwards
 *   2. tools that no call of the trajectory uses, from the last backwards
 *   3. long results, the longest first, down to a common length; the end of a result goes and a marker takes its place
 *   4. the oldest turns: whole exchanges (a user turn up to the next one) without a target, then within an exchange the steps (an
 *      assistant turn with its results) that are no target
 *   5. the system text, from its end; the whole turn where nothing of it would be left
 *   6. what tools say of themselves, from the last backwards: their names and parameters stay
 * Kept whatever it costs: targets, the user turn each target answers, the step right before a target, and tools that calls use.
 * (The window is the hard limit of OPT's learned positions: 2,048 tokens.)
 */
import type { TruncationCut } from "#contracts/example.ts";
import { blocksLength, toolLength, turnLength, type TokenBlocks, type ToolTokens, type TurnTokens } from "./blocks.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Stands where the rest of a result or of the system text was. */
export const CUT_MARKER = " [...]";

/** A shortened result keeps at least this many tokens, marker included. */
export const MIN_RESULT_TOKENS = 24;

export interface FitOptions {
  readonly maxLength: number;
  /** Tokens that the caller puts behind the blocks. */
  readonly numReserved: number;
  /** Indices of turns that must stay whole. */
  readonly targets: ReadonlySet<number>;
  /** Names of tools that must stay. */
  readonly usedTools: ReadonlySet<string>;
}

export interface Fit {
  readonly blocks: TokenBlocks;
  readonly cuts: readonly TruncationCut[];
  /** With the reserved tokens; above `maxLength` where nothing more may be cut. */
  readonly length: number;
}

/** Mutable while cutting; `null` marks what is gone. */
interface Draft {
  readonly tools: (ToolTokens | null)[];
  readonly turns: (TurnTokens | null)[];
  readonly cuts: TruncationCut[];
  excess: number;
}

export function fitToWindow(blocks: TokenBlocks, tokenizer: Tokenizer, options: FitOptions): Fit {
  const fullLength = blocksLength(blocks) + options.numReserved;
  if (fullLength <= options.maxLength) return { blocks, cuts: [], length: fullLength };
  const draft: Draft = { tools: [...blocks.tools], turns: [...blocks.turns], cuts: [], excess: fullLength - options.maxLength };
  cutParameterDescriptions(draft, options.usedTools);
  cutUnusedTools(draft, options.usedTools);
  shortenResults(draft, tokenizer);
  cutOldestTurns(draft, options.targets);
  cutSystemText(draft, tokenizer);
  cutToolDescriptions(draft, tokenizer);
  const numTurnsBeforeTools = draft.turns.slice(0, blocks.toolsAt).filter((turn) => turn !== null).length;
  return {
    blocks: {
      tools: draft.tools.filter((tool) => tool !== null),
      turns: draft.turns.filter((turn) => turn !== null),
      toolsAt: numTurnsBeforeTools,
    },
    cuts: draft.cuts,
    length: options.maxLength + draft.excess,
  };
}

function record(draft: Pick<Draft, "cuts" | "excess">, kind: TruncationCut["kind"], what: string, numTokens: number): void {
  draft.cuts.push({ kind, what, numTokens });
  draft.excess -= numTokens;
}

function cutParameterDescriptions(draft: Draft, usedTools: ReadonlySet<string>): void {
  for (const ofUsed of [false, true]) {
    for (let i = draft.tools.length - 1; i >= 0 && draft.excess > 0; i--) {
      const tool = draft.tools[i]!;
      if (tool === null || usedTools.has(tool.name) !== ofUsed || tool.descriptionIds.length === 0) continue;
      draft.tools[i] = { ...tool, descriptionIds: [] };
      record(draft, "parameterDescriptions", tool.name, tool.descriptionIds.length);
    }
  }
}

function cutUnusedTools(draft: Draft, usedTools: ReadonlySet<string>): void {
  let numLeft = draft.tools.length;
  for (let i = draft.tools.length - 1; i >= 0 && draft.excess > 0; i--) {
    const tool = draft.tools[i]!;
    if (tool === null || usedTools.has(tool.name)) continue;
    draft.tools[i] = null;
    // the last tool takes the marker of the section along
    record(draft, "unusedTool", tool.name, toolLength(tool) + (--numLeft === 0 ? 1 : 0));
  }
}

/** Cuts the longest results down to a common length, until `excess` tokens are gone or none can give any more. */
export function shortenResults<Turn extends TurnTokens | null>(
  draft: { readonly turns: (Turn | TurnTokens)[]; readonly cuts: TruncationCut[]; excess: number },
  tokenizer: Tokenizer,
): void {
  if (draft.excess <= 0) return;
  const lengths = draft.turns.flatMap((turn) => (turn?.role === "tool" && turn.ids.length > MIN_RESULT_TOKENS ? [turn.ids.length] : []));
  const cap = commonLength(lengths, draft.excess);
  draft.turns.forEach((turn, i) => {
    if (turn?.role !== "tool" || turn.ids.length <= cap || draft.excess <= 0) return;
    const shortened = shortenTo(turn, cap, tokenizer);
    draft.turns[i] = shortened;
    record(draft, "longResult", `result in turn ${turn.turnIndex}`, turn.ids.length - shortened.ids.length);
  });
}

/** The greatest length to which all longer ones must be cut so that at least `excess` goes; `MIN_RESULT_TOKENS` where none suffices. */
function commonLength(lengths: readonly number[], excess: number): number {
  const removedAt = (cap: number): number => lengths.reduce((sum, length) => sum + Math.max(0, length - cap), 0);
  let low = MIN_RESULT_TOKENS;
  let high = Math.max(low, ...lengths);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (removedAt(middle) >= excess) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first tokens of a turn and the marker, `numTokens` in all or a few fewer: no character is cut in two. */
function shortenTo(turn: TurnTokens, numTokens: number, tokenizer: Tokenizer): TurnTokens {
  const marker = tokenizer.encode(CUT_MARKER);
  let numKept = Math.max(0, numTokens - marker.length);
  while (numKept > 0 && isContinuation(tokenizer.tokenBytes(turn.ids[numKept]!)[0])) numKept--;
  return { ...turn, ids: [...turn.ids.slice(0, numKept), ...marker] };
}

/** Bytes 10xxxxxx continue a UTF-8 character. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function cutOldestTurns(draft: Draft, targets: ReadonlySet<number>): void {
  const keep = keptTurns(draft.turns, targets);
  const cut = (indices: readonly number[]): void => {
    if (draft.excess <= 0) return;
    const present = indices.filter((i) => draft.turns[i] !== null && !keep.has(i));
    const numTokens = present.reduce((sum, i) => sum + turnLength(draft.turns[i]!), 0);
    if (present.length === 0) return;
    const what = nameTurns(present.map((i) => draft.turns[i]!));
    for (const i of present) draft.turns[i] = null;
    record(draft, "oldestTurn", what, numTokens);
  };
  for (const exchange of groupsFrom(draft.turns, "user")) if (!exchange.some((i) => keep.has(i))) cut(exchange);
  for (const exchange of groupsFrom(draft.turns, "user")) for (const step of groupsWithin(draft.turns, exchange)) cut(step);
}

/** "assistant text in turn 2, result in turn 3" */
export const nameTurns = (turns: readonly TurnTokens[]): string =>
  turns.map((turn) => `${MARKER_WORD[turn.role]} in turn ${turn.turnIndex}`).join(", ");

const MARKER_WORD = { system: "system text", user: "user text", assistant: "assistant text", tool: "result" } as const;

/** Targets, and for each the user turn it answers and the step right before it. */
function keptTurns(turns: readonly (TurnTokens | null)[], targets: ReadonlySet<number>): Set<number> {
  const keep = new Set<number>();
  const isTarget = (i: number): boolean => targets.has(turns[i]?.turnIndex ?? -1);
  for (let target = 0; target <= turns.length; target++) {
    // one beyond the last stands for the turn that a prompt asks for
    const isAsked = target === turns.length && [...targets].every((index) => index >= turns.length);
    if (!isAsked && !isTarget(target)) continue;
    if (!isAsked) keep.add(target);
    let i = target - 1;
    while (i >= 0 && turns[i]?.role === "tool") keep.add(i--);
    if (i >= 0 && i < target - 1 && turns[i]?.role === "assistant") keep.add(i);
    while (i >= 0 && turns[i]?.role !== "user") i--;
    if (i >= 0) keep.add(i);
  }
  return keep;
}

/** Indices of turns other than the leading system turn, in groups that start at each turn of the role. */
function groupsFrom(turns: readonly (TurnTokens | null)[], role: TurnTokens["role"]): number[][] {
  const groups: number[][] = [];
  turns.forEach((turn, i) => {
    if (turn === null || (i === 0 && turn.role === "system")) return;
    if (turn.role === role || groups.length === 0) groups.push([]);
    groups.at(-1)!.push(i);
  });
  return groups;
}

/** A step is an assistant turn with the results behind it; other turns stand alone. */
export function groupsWithin(turns: readonly (TurnTokens | null)[], exchange: readonly number[]): number[][] {
  const groups: number[][] = [];
  for (const i of exchange) {
    if (turns[i]?.role === "tool" && groups.length > 0) groups.at(-1)!.push(i);
    else groups.push([i]);
  }
  return groups;
}

function cutSystemText(draft: Draft, tokenizer: Tokenizer): void {
  const turn = draft.turns[0];
  if (draft.excess <= 0 || !turn || turn.role !== "system") return;
  const numMarker = tokenizer.encode(CUT_MARKER).length;
  const numLeft = turn.ids.length - draft.excess;
  if (numLeft > numMarker) {
    const shortened = shortenTo(turn, numLeft, tokenizer);
    draft.turns[0] = shortened;
    record(draft, "systemText", `system text in turn ${turn.turnIndex}`, turn.ids.length - shortened.ids.length);
  } else {
    draft.turns[0] = null;
    record(draft, "systemText", `all of the system text in turn ${turn.turnIndex}`, turnLength(turn));
  }
}

function cutToolDescriptions(draft: Draft, tokenizer: Tokenizer): void {
  for (let i = draft.tools.length - 1; i >= 0 && draft.excess > 0; i--) {
    const tool = draft.tools[i]!;
    const bareIds = tool === null ? [] : tokenizer.encode(tool.bareSignature);
    if (tool === null || bareIds.length >= tool.signatureIds.length) continue;
    draft.tools[i] = { ...tool, signatureIds: bareIds };
    record(draft, "toolDescription", tool.name, tool.signatureIds.length - bareIds.length);
  }
}
