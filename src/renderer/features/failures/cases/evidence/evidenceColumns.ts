/** @file A trace as three columns, each in the order of its own signal; near-duplicates are one line until they are unfolded. */
import type { CaseTrace, Signal, SignalScore, TracedExample, TracedGroup } from "#contracts/tracing.ts";

export interface EvidenceRow {
  readonly example: TracedExample;
  /** Of this column's signal. */
  readonly score: SignalScore;
  /** Index of its group in the trace. */
  readonly group: number;
  /** Examples that are folded behind it, or shown below it; 0: it is alone. */
  readonly numAlike: number;
  readonly isOpen: boolean;
  /** Below the best of its group. */
  readonly isInside: boolean;
}

interface Placed {
  readonly example: TracedExample;
  readonly score: SignalScore;
}

/** Best first, by the column's signal alone. */
function placedBy(signal: Signal, { examples }: TracedGroup): readonly Placed[] {
  return examples
    .flatMap((example) => {
      const score = example.signals[signal];
      return score === null ? [] : [{ example, score }];
    })
    .sort((a, b) => a.score.rank - b.score.rank);
}

/** @param open indices of the groups that are unfolded */
export function columnRows({ groups }: Pick<CaseTrace, "groups">, signal: Signal, open: ReadonlySet<number>): readonly EvidenceRow[] {
  return groups
    .map((group, index) => ({ index, placed: placedBy(signal, group) }))
    .filter(({ placed }) => placed.length > 0)
    .sort((a, b) => a.placed[0]!.score.rank - b.placed[0]!.score.rank)
    .flatMap(({ index, placed }) => {
      const numAlike = placed.length - 1;
      const isOpen = open.has(index) && numAlike > 0;
      const rows = isOpen ? placed : placed.slice(0, 1);
      return rows.map(({ example, score }, i) => ({
        example,
        score,
        group: index,
        numAlike: i === 0 ? numAlike : 0,
        isOpen,
        isInside: i > 0,
      }));
    });
}

/** Where an example shows in a column: itself, or the line that it is folded behind; -1: nowhere. */
export function placeIn(rows: readonly EvidenceRow[], index: number, group: number): number {
  const itself = rows.findIndex(({ example }) => example.index === index);
  return itself >= 0 ? itself : rows.findIndex((row) => row.group === group);
}

export function groupOf({ groups }: Pick<CaseTrace, "groups">, index: number): number {
  return groups.findIndex(({ examples }) => examples.some((example) => example.index === index));
}

/** The trajectories that examples were made from, each once. */
export function trajectoriesOf(examples: readonly TracedExample[]): readonly string[] {
  return [...new Set(examples.flatMap(({ trajectories }) => trajectories.map(({ id }) => id)))];
}

/** Trajectories that are not what was trained on any more. */
export function changedSince({ groups, opponents }: Pick<CaseTrace, "groups" | "opponents">): readonly string[] {
  const all = [...groups.flatMap(({ examples }) => examples), ...opponents].flatMap(({ trajectories }) => trajectories);
  return [...new Set(all.filter(({ isUnchanged }) => !isUnchanged).map(({ id }) => id))];
}
