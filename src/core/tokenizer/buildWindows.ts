/**
 * @file From a trajectory to the windows it is trained in, and to the rows they stand for.
 *
 * A *row* is one turn that is trained on with everything before it; ToolBench's files hold their paths as such rows. Rows of a path begin
 * alike, so a window that reaches to the end of the last of them holds them all: a row is the window up to the end of its own turn.
 *
 * Where a path is longer than the window (`pathWindows`), cutting each row on its own would leave them nothing to share. Instead
 *   1. rows that end within the window keep everything before them; one window holds them all;
 *   2. later rows share windows of a head (start, system text, tools, first user turn; cut down to half of the window where the steps need
 *      the other half) and a tail (the last steps up to the last of these rows). A row joins the window of the rows before it as long as
 *      the first of them keeps the user turn it answers, the step right before it, and an eighth of the window before it;
 *   3. a row that does not even fit alone is condensed as `fitToWindow` does it, and refused where that is not enough.
 */
import type { ExampleRefusal, TokenizedExample, Truncation, TruncationCut } from "#contracts/example.ts";
import type { Trajectory } from "#contracts/trajectory.ts";
import { blocksLength, encodeBlocks, turnLength, type TokenBlocks, type TurnTokens } from "./blocks.ts";
import { buildExample, calledTools, layOut, refusal, targetTurns, type ExampleOptions } from "./buildExample.ts";
import { fitToWindow, groupsWithin, nameTurns, shortenResults, type Fit } from "./fitToWindow.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface WindowOptions extends ExampleOptions {
  readonly truncation: Truncation;
}

export interface PathWindow {
  readonly example: TokenizedExample;
  /** Tokens from the start to the end of each row, ascending. */
  readonly rowEnds: readonly number[];
}

export interface WindowsOutcome {
  readonly windows: readonly PathWindow[];
  /** One for the whole trajectory, or one for each row that fits no window. */
  readonly refusals: readonly ExampleRefusal[];
  /** Rows there are, refused ones included. */
  readonly numRows: number;
}

/** Shares of the window: what the head may always take, and what a row keeps before its own turn when it shares a window. */
const HEAD_SHARE = 1 / 2;
const CONTEXT_SHARE = 1 / 8;

export function buildWindows(trajectory: Trajectory, tokenizer: Tokenizer, options: WindowOptions): WindowsOutcome {
  const { maxLength, maskMode, truncation } = options;
  const targets = [...targetTurns(trajectory, maskMode)].sort((a, b) => a - b);
  const whole = encodeBlocks(trajectory, tokenizer);
  if (truncation === "oneWindow" || targets.length === 0 || blocksLength(whole) <= maxLength) {
    const outcome = buildExample(trajectory, tokenizer, options);
    const numRows = maskMode === "everything" ? 1 : targets.length;
    return outcome.ok
      ? { windows: [windowOf(outcome.example, targets, options)], refusals: [], numRows }
      : { windows: [], refusals: [outcome], numRows };
  }

  const lengths = cumulativeLengths(whole);
  const fitting = targets.filter((target) => lengths[target]! <= maxLength);
  const fits: { readonly fit: Fit; readonly rows: readonly number[] }[] = [];
  const refusals: ExampleRefusal[] = [];
  if (fitting.length > 0) fits.push({ fit: uncut(whole, fitting.at(-1)!), rows: fitting });
  const cutter = new PathCutter(trajectory, whole, tokenizer, maxLength);
  for (let rest = targets.slice(fitting.length); rest.length > 0;) {
    let rows = rest.slice(0, 1);
    let fit = cutter.share(rows) ?? cutter.condense(rows[0]!);
    if (fit.length > maxLength) refusals.push(refusal("E_EXAMPLE_TOO_LONG", { length: fit.length, limit: maxLength }));
    else {
      for (let more: Fit | null; rows.length < rest.length && (more = cutter.share(rest.slice(0, rows.length + 1))) !== null;) {
        fit = more;
        rows = rest.slice(0, rows.length + 1);
      }
      fits.push({ fit, rows });
    }
    rest = rest.slice(rows.length);
  }
  addLaterTurns(fits, whole, targets.at(-1)!);

  const seen = new Set<number>();
  const windows = fits.map(({ fit, rows }) => {
    const isTrained =
      maskMode === "everything"
        ? (turnIndex: number) => !seen.has(turnIndex)
        : (turnIndex: number, isAssistant: boolean) => isAssistant && rows.includes(turnIndex);
    const example = layOut(trajectory, fit, tokenizer, isTrained);
    for (const turnIndex of example.turnIndices) seen.add(turnIndex);
    return windowOf(example, rows, options);
  });
  return { windows, refusals, numRows: targets.length };
}

/** The rows of a window one by one: each is its beginning, trained on its own turn alone. */
export function rowsOf({ example, rowEnds }: PathWindow): readonly TokenizedExample[] {
  return rowEnds.map((end, r) => ({
    ...example,
    inputIds: example.inputIds.slice(0, end),
    segments: example.segments.slice(0, end),
    turnIndices: example.turnIndices.slice(0, end),
    lossMask: example.lossMask.slice(0, end).fill(0, 0, rowEnds[r - 1] ?? 0),
    fullLength: example.fullLength - (example.inputIds.length - end),
  }));
}

/** Full-sequence modelling has no turns of its own: there the window is one row. */
function windowOf(example: TokenizedExample, targets: readonly number[], { maskMode }: ExampleOptions): PathWindow {
  const rowEnds = targets.map((target) => example.turnIndices.lastIndexOf(target) + 1);
  return { example, rowEnds: maskMode === "everything" ? [example.inputIds.length] : rowEnds };
}

/** Tokens up to and including each turn; the tools stand before the second turn at the latest. */
function cumulativeLengths(blocks: TokenBlocks): readonly number[] {
  let length = blocksLength({ ...blocks, turns: [] });
  return blocks.turns.map((turn) => (length += turnLength(turn)));
}

function uncut(blocks: TokenBlocks, last: number): Fit {
  const kept = { ...blocks, turns: blocks.turns.slice(0, last + 1) };
  return { blocks: kept, cuts: [], length: blocksLength(kept) };
}

/** What follows the last row teaches nothing, and is counted with the window that ends there. */
function addLaterTurns(fits: { readonly fit: Fit; readonly rows: readonly number[] }[], whole: TokenBlocks, last: number): void {
  const later = whole.turns.slice(last + 1);
  const final = fits.at(-1);
  if (later.length === 0 || final === undefined) return;
  const cut: TruncationCut = { kind: "laterTurn", what: nameTurns(later), numTokens: sumOfLengths(later) };
  fits[fits.length - 1] = { ...final, fit: { ...final.fit, cuts: [...final.fit.cuts, cut] } };
}

const sumOfLengths = (turns: readonly TurnTokens[]): number => turns.reduce((sum, turn) => sum + turnLength(turn), 0);

/** Cuts windows for rows that end beyond the window's length. */
class PathCutter {
  readonly #whole: TokenBlocks;
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  readonly #usedTools: ReadonlySet<string>;
  /** Turns of the head: up to and including the first user turn. */
  readonly #numHeadTurns: number;

  constructor(trajectory: Trajectory, whole: TokenBlocks, tokenizer: Tokenizer, maxLength: number) {
    this.#whole = whole;
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
    this.#usedTools = calledTools(trajectory, trajectory.turns.length);
    const firstAssistant = whole.turns.findIndex(({ role }) => role === "assistant");
    const firstUser = whole.turns.slice(0, firstAssistant).findIndex(({ role }) => role === "user");
    this.#numHeadTurns = firstUser === -1 ? whole.toolsAt : firstUser + 1;
  }

  /** One window for all of these rows; null where the first of them would keep too little before it. */
  share(rows: readonly number[]): Fit | null {
    const { turns } = this.#whole;
    const [first, last] = [rows[0]!, rows.at(-1)!];
    const asked = turns.findLastIndex(({ role }, i) => role === "user" && i < first);
    const head = this.#head(last);
    const room = this.#maxLength - head.length;
    let pinned: readonly TurnTokens[] = [];
    let tail = this.#tail(last, room);
    if (tail !== null && asked >= this.#numHeadTurns && asked < tail.start) {
      pinned = [turns[asked]!];
      tail = this.#tail(last, room - turnLength(turns[asked]!));
    }
    if (tail === null || !this.#keepsEnough(tail, first, rows.length > 1)) return null;

    const kept = [...head.blocks.turns, ...pinned, ...tail.turns];
    const dropped = turns.slice(this.#numHeadTurns, tail.start).filter((turn) => !pinned.includes(turn));
    const cuts: TruncationCut[] = [...head.cuts, ...tail.cuts];
    if (dropped.length > 0) cuts.push({ kind: "oldestTurn", what: nameTurns(dropped), numTokens: sumOfLengths(dropped) });
    const blocks = { ...head.blocks, turns: kept };
    return { blocks, cuts, length: blocksLength(blocks) };
  }

  /** One row alone, as much of everything shortened or dropped as it takes. */
  condense(row: number): Fit {
    return fitToWindow(uncut(this.#whole, row).blocks, this.#tokenizer, {
      maxLength: this.#maxLength,
      numReserved: 0,
      targets: new Set([row]),
      usedTools: this.#usedTools,
    });
  }

  /** What comes before the steps, cut no further than the steps up to a turn need. */
  #head(last: number): Fit {
    const steps = sumOfLengths(this.#whole.turns.slice(this.#numHeadTurns, last + 1));
    return fitToWindow({ ...this.#whole, turns: this.#whole.turns.slice(0, this.#numHeadTurns) }, this.#tokenizer, {
      maxLength: Math.max(Math.floor(this.#maxLength * HEAD_SHARE), this.#maxLength - steps),
      numReserved: 0,
      targets: new Set([this.#numHeadTurns]),
      usedTools: this.#usedTools,
    });
  }

  /** The last whole steps up to a turn that fit the room, and of the step before them what shortened results leave. */
  #tail(last: number, room: number): Tail | null {
    const { turns } = this.#whole;
    const indices = Array.from({ length: last + 1 - this.#numHeadTurns }, (_, i) => this.#numHeadTurns + i);
    let tail: Tail | null = null as Tail | null;
    let left = room;
    for (const step of groupsWithin(turns, indices).reverse()) {
      const stepTurns = step.map((i) => turns[i]!);
      const excess = sumOfLengths(stepTurns) - left;
      const draft = { turns: stepTurns, cuts: [], excess };
      shortenResults(draft, this.#tokenizer);
      if (draft.excess > 0) break;
      const wholeFrom = excess > 0 ? step.at(-1)! + 1 : step[0]!;
      tail = { start: step[0]!, wholeFrom, turns: [...draft.turns, ...(tail?.turns ?? [])], cuts: draft.cuts };
      left -= sumOfLengths(draft.turns);
      if (excess > 0) break;
    }
    return tail;
  }

  /** A row that is alone keeps the step before it, shortened if need be; rows that share leave it whole to the first, and some context. */
  #keepsEnough({ start, wholeFrom, turns }: Tail, first: number, isShared: boolean): boolean {
    const stepBefore = this.#whole.turns.findLastIndex(({ role }, i) => role !== "tool" && i < first);
    const isKeptFrom = (from: number): boolean => first >= from && (stepBefore >= from || stepBefore < this.#numHeadTurns);
    if (!isShared || wholeFrom === this.#numHeadTurns) return isKeptFrom(start);
    const context = sumOfLengths(turns.filter(({ turnIndex }) => turnIndex < first));
    return isKeptFrom(wholeFrom) && context >= this.#maxLength * CONTEXT_SHARE;
  }
}

interface Tail {
  /** Index of its first turn. */
  readonly start: number;
  /** From this turn on nothing is shortened. */
  readonly wholeFrom: number;
  readonly turns: readonly TurnTokens[];
  readonly cuts: readonly TruncationCut[];
}
