/** @file Tokens with what each adds to a score: in steps that read without colour, long stretches of nothing folded. */
import type { HeatToken } from "#contracts/tracing.ts";

export interface HeatRun {
  readonly start: number;
  readonly end: number;
  /** A stretch of tokens that add next to nothing. */
  readonly isQuiet: boolean;
  readonly sum: number;
}

/** Below this share of the largest score a token says nothing. */
const QUIET_SHARE = 0.02;
/** Shorter stretches are shown: a fold would be longer than what it hides. */
const LEAST_FOLDED = 16;
/** Kept on both sides of what says something, for its context. */
const MARGIN = 3;

export const heatSum = (tokens: readonly HeatToken[]): number => tokens.reduce((sum, { score }) => sum + score, 0);
export const heatMost = (tokens: readonly HeatToken[]): number => tokens.reduce((most, { score }) => Math.max(most, Math.abs(score)), 0);

export function heatRuns(tokens: readonly HeatToken[]): readonly HeatRun[] {
  const least = heatMost(tokens) * QUIET_SHARE;
  const isNear = tokens.map(() => false);
  tokens.forEach(({ score }, i) => {
    if (Math.abs(score) <= least) return;
    for (let at = Math.max(0, i - MARGIN); at <= Math.min(tokens.length - 1, i + MARGIN); at++) isNear[at] = true;
  });
  const runs: HeatRun[] = [];
  for (let start = 0; start < tokens.length;) {
    let end = start;
    while (end < tokens.length && isNear[end] === isNear[start]) end++;
    const isQuiet = !isNear[start]! && end - start >= LEAST_FOLDED;
    const last = runs.at(-1);
    const sum = heatSum(tokens.slice(start, end));
    if (!isQuiet && last !== undefined && !last.isQuiet) runs[runs.length - 1] = { ...last, end, sum: last.sum + sum };
    else runs.push({ start, end, isQuiet, sum });
    start = end;
  }
  return runs;
}

/** From 0 to 5 for, from 0 to -3 against. */
export function heatStep(score: number, most: number): number {
  const share = most === 0 ? 0 : score / most;
  const step = share >= 0 ? Math.min(5, Math.ceil(share * 5 - 0.1)) : -Math.min(3, Math.ceil(-share * 3 - 0.1));
  return step === 0 ? 0 : step; // no negative nothing
}
