/** @file Lays tokens out in blocks (a turn's part) and lines of known height, so that only visible lines need to exist. */
import type { Segment } from "#contracts/example.ts";

export interface LaidToken {
  readonly text: string;
  readonly id: number;
  readonly segment: Segment;
  readonly trained: boolean;
  readonly turnIndex: number;
}

export interface TokenBlock {
  readonly index: number;
  readonly word: string;
  /** Segments that occur, in order of first use. */
  readonly segments: readonly Segment[];
  /** Half-open range of token positions. */
  readonly start: number;
  readonly end: number;
  readonly numTrained: number;
}

export interface TokenLine {
  readonly block: number;
  readonly start: number;
  readonly end: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** One line stands for the whole block: its text is shown, its tokens are not. */
  readonly isFolded: boolean;
}

const WORDS: Readonly<Record<Segment, string>> = {
  system: "System",
  tools: "Tools",
  user: "User",
  thought: "Thought",
  toolName: "Call",
  argumentKey: "Call",
  argumentValue: "Call",
  result: "Result",
  finalAnswer: "Final answer",
  stop: "Stop",
};

/** Neighbouring tokens of one turn and one part; name, keys and values of a call are one part. */
export function blocksOf(tokens: readonly LaidToken[]): TokenBlock[] {
  const blocks: TokenBlock[] = [];
  let start = 0;
  for (let i = 1; i <= tokens.length; i++) {
    const first = tokens[start]!;
    const next = tokens[i];
    if (next !== undefined && next.turnIndex === first.turnIndex && WORDS[next.segment] === WORDS[first.segment]) continue;
    const inside = tokens.slice(start, i);
    blocks.push({
      index: blocks.length,
      word: WORDS[first.segment],
      segments: [...new Set(inside.map((token) => token.segment))],
      start,
      end: i,
      numTrained: inside.filter((token) => token.trained).length,
    });
    start = i;
  }
  return blocks;
}

/** Whitespace made visible: a space is a raised dot, a newline an arrow. */
export function visibleText(text: string): string {
  return text.replaceAll(" ", "\u00b7").replaceAll("\n", "\u21b5").replaceAll("\t", "\u21e5").replaceAll("\r", "\u240d") || "\u2205";
}

export interface LayoutOptions {
  /** Width of a token's box in pixels, ids and gap included. */
  readonly widthOf: (token: LaidToken) => number;
  readonly lineWidth: number;
  readonly isFolded: (block: TokenBlock) => boolean;
}

/** Breaks blocks into lines no wider than `lineWidth`; a token wider than that has a line of its own. */
export function layOutLines(tokens: readonly LaidToken[], blocks: readonly TokenBlock[], options: LayoutOptions): TokenLine[] {
  const lines: TokenLine[] = [];
  for (const block of blocks) {
    if (options.isFolded(block)) {
      lines.push({ block: block.index, start: block.start, end: block.end, isFirst: true, isLast: true, isFolded: true });
      continue;
    }
    let start = block.start;
    let used = 0;
    for (let i = block.start; i < block.end; i++) {
      const width = options.widthOf(tokens[i]!);
      if (i > start && used + width > options.lineWidth) {
        lines.push({ block: block.index, start, end: i, isFirst: start === block.start, isLast: false, isFolded: false });
        start = i;
        used = 0;
      }
      used += width;
    }
    lines.push({ block: block.index, start, end: block.end, isFirst: start === block.start, isLast: true, isFolded: false });
  }
  return lines;
}

/** Index of the line that holds a token position. */
export function lineOf(lines: readonly TokenLine[], position: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.end <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Start of the segment run before or after the one that holds `position`; the same position at either end. */
export function neighbourRun(tokens: readonly LaidToken[], position: number, direction: 1 | -1): number {
  const same = (a: number, b: number): boolean =>
    tokens[a]?.segment === tokens[b]?.segment && tokens[a]?.turnIndex === tokens[b]?.turnIndex;
  let at = position;
  if (direction === 1) {
    while (at < tokens.length && same(at, position)) at++;
    return at < tokens.length ? at : position;
  }
  while (at >= 0 && same(at, position)) at--;
  if (at < 0) return position;
  let start = at;
  while (start > 0 && same(start - 1, at)) start--;
  return start;
}
