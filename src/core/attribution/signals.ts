/** @file What three signals say of every example, fused into one order, and the grade that follows from their ranks. */
import { type EvidenceGrade, type Signal, SIGNALS, type SignalScore } from "#contracts/tracing.ts";
import { fuseRankings, rankByScore } from "./fuse.ts";

/** A score for every example of the run; NaN: the signal has no place for it. */
export type SignalScores = Readonly<Record<Signal, Float64Array>>;

export interface RankedExample {
  readonly index: number;
  readonly signals: Readonly<Record<Signal, SignalScore | null>>;
}

/** Among its first so many a signal speaks for an example. */
const SPEAKS = 10;

/**
 * Examples in the fused order.
 *
 * Exact scores are a ranking of their own beside the gradient's. That of features which training took along knows each example as it was learned, the
 * exact one as the checkpoint sees it, and either finds what the other misses. Words then count twice, so that gradients do not outvote them.
 *
 * @param exact  exact scores of those that the other rankings have first
 */
export function rankExamples(scores: SignalScores, exact: ReadonlyMap<number, number> = new Map()): RankedExample[] {
  const rankings = SIGNALS.map((signal) => rankByScore(scores[signal]));
  const places = rankings.map((ranking) => new Map(ranking.map((index, place) => [index, place + 1])));
  const byExact = [...exact.keys()].sort((a, b) => exact.get(b)! - exact.get(a)! || a - b);
  const words = rankings[SIGNALS.indexOf("lexical")]!;
  const fused = fuseRankings(exact.size === 0 ? rankings : [...rankings, words, byExact]);
  return fused.map(({ index }) => ({
    index,
    signals: Object.fromEntries(
      SIGNALS.map((signal, s) => {
        const rank = places[s]!.get(index);
        return [signal, rank === undefined ? null : { score: scores[signal][index]!, rank }];
      }),
    ) as Record<Signal, SignalScore | null>,
  }));
}

/** Null: no signal ranks it among its first ten. */
export function gradeOf({ signals }: RankedExample, isConfirmed: boolean): EvidenceGrade | null {
  if (isConfirmed) return "confirmed";
  const speaking = SIGNALS.filter((signal) => (signals[signal]?.rank ?? Infinity) <= SPEAKS).length;
  return speaking >= 2 ? "likely" : speaking === 1 ? "similar" : null;
}

/** The first so many of the fused order say how far the signals agree. */
const AGREED_ON = 5;

/**
 * How far the signals agree on which examples come first:
 *
 *   mean over the first five of the fused order of  sum over signals of  ln(N / rank),   N examples that have a place at all
 *
 * A single signal always has a best example, and its best score is as high for a right output as for a wrong one; that three of them put the same
 * examples first is what chance and mere likeness do not bring about.
 */
export function agreement(scores: SignalScores): number {
  const ranked = rankExamples(scores);
  const numPlaced = ranked.length;
  const first = ranked.slice(0, AGREED_ON);
  const of = ({ signals }: RankedExample): number =>
    SIGNALS.reduce((sum, signal) => sum + Math.log(numPlaced / (signals[signal]?.rank ?? numPlaced)), 0);
  return first.length === 0 ? 0 : first.reduce((sum, one) => sum + of(one), 0) / first.length;
}
