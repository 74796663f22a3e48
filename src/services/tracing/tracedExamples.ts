/** @file Examples as a trace shows them: what they were made from, as trained on, and what is wrong with them. */
import type { FailureCode } from "#contracts/calls.ts";
import type { EvidenceGrade, ExactHit, TracedExample } from "#contracts/tracing.ts";
import type { AssistantTurn, Trajectory, TrajectoryContent } from "#contracts/trajectory.ts";
import { foldedWords } from "#contracts/searchText.ts";
import { exactHits } from "#core/attribution/exactHits.ts";
import { overlap } from "#core/attribution/groupAlike.ts";
import { gradeOf, type RankedExample } from "#core/attribution/signals.ts";
import { renderTurn } from "#core/tokenizer/chatTemplate.ts";
import { factsOf } from "#core/trajectories/contentFacts.ts";
import { titleOf } from "#core/trajectories/summary.ts";
import type { Core } from "../core.ts";

/** What an example was made from. */
export interface ExampleSource {
  readonly trajectoryId: string;
  readonly content: TrajectoryContent;
  readonly title: string;
  readonly findings: readonly FailureCode[];
}

/** Reads the contents of a run's examples, and has the checker look at each once. */
export function exampleSources(core: Core, runId: string): (index: number) => readonly ExampleSource[] {
  const { contents, runPoints } = core.store;
  const knownTools = contents.toolNames();
  const read = new Map<number, Omit<ExampleSource, "trajectoryId">>();
  return (index) =>
    runPoints.origins(runId, "train", index).map(({ trajectoryId, contentId }) => {
      let source = read.get(contentId);
      if (source === undefined) {
        const { content } = contents.read(contentId);
        source = { content, title: titleOf(content), findings: factsOf(content, knownTools).findings };
        read.set(contentId, source);
      }
      return { trajectoryId, ...source };
    });
}

/** The assistant turn that shares the most words with the output; -1 where there is none. */
export function nearestTurn({ turns }: Pick<Trajectory, "turns">, output: string): number {
  const words = new Set(foldedWords(output));
  let [best, most] = [-1, -1];
  turns.forEach((turn, i) => {
    if (turn.role !== "assistant") return;
    const shared = overlap(words, new Set(foldedWords(renderTurn(turn))));
    if (shared > most) [best, most] = [i, shared];
  });
  return best;
}

export interface Described {
  readonly ranked: RankedExample;
  /** In the fused order, counted from 1. */
  readonly rank: number;
  readonly exact: number | null;
}

export function describeExample(
  { ranked, rank, exact }: Described,
  sources: readonly ExampleSource[],
  { output, parts }: { readonly output: string; readonly parts: readonly ExactHit[] },
): Omit<TracedExample, "trajectories"> & { readonly trajectories: readonly Omit<TracedExample["trajectories"][number], "isUnchanged">[] } {
  const first = sources[0]?.content;
  const nearest = first === undefined ? -1 : nearestTurn(first, output);
  return {
    index: ranked.index,
    trajectories: sources.map(({ trajectoryId, title, findings }) => ({ id: trajectoryId, title, findings })),
    signals: ranked.signals,
    rank,
    exact,
    grade: gradeOf(ranked, false),
    hits: exactHits(parts, first?.turns ?? []),
    call: nearest < 0 ? "" : renderTurn(first!.turns[nearest] as AssistantTurn),
  };
}

/** What may have changed since: whether trajectories are as they were, and whether an experiment confirmed them. */
export function asOfNow(
  core: Core,
  runId: string,
  example: ReturnType<typeof describeExample>,
  confirmed: ReadonlySet<string>,
): TracedExample {
  const { runPoints, trajectories } = core.store;
  const trainedOn = new Map(runPoints.origins(runId, "train", example.index).map((one) => [one.trajectoryId as string, one.contentId]));
  const grade: EvidenceGrade | null = example.trajectories.some(({ id }) => confirmed.has(id)) ? "confirmed" : example.grade;
  return {
    ...example,
    grade,
    trajectories: example.trajectories.map((one) => {
      const { contentId, status, isRemoved } = trajectories.get(one.id);
      return { ...one, isUnchanged: contentId === trainedOn.get(one.id) && status !== "rejected" && !isRemoved };
    }),
  };
}
