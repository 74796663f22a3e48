/** @file One case traced: searched, its examples described and grouped, and said whether anything stands out at all. */
import type { FailureCode } from "#contracts/calls.ts";
import { foldedWords } from "#contracts/searchText.ts";
import { SIGNALS, type CaseTrace, type TracedExample } from "#contracts/tracing.ts";
import { partsInSpan } from "#core/attribution/exactHits.ts";
import { groupAlike } from "#core/attribution/groupAlike.ts";
import type { RankedExample } from "#core/attribution/signals.ts";
import type { CaseBody, CaseRecord } from "#store/cases.ts";
import type { NamedTrajectory } from "#store/traces.ts";
import type { Core } from "../core.ts";
import { caseQuestion } from "./caseQuestion.ts";
import type { Noise, NoiseOf } from "./noise.ts";
import { searchCase, type Progress } from "./searchCase.ts";
import type { SearchSpace } from "./searchSpace.ts";
import { asOfNow, describeExample, type ExampleSource } from "./tracedExamples.ts";

/** Shown of the fused order, and of the opponents. */
const NUM_SHOWN = 50;
const NUM_OPPONENTS = 10;
/** Deviations above what right outputs reach, from which on a best score is no noise. */
const STANDS_OUT = 3;
/** The same for the signals' agreement, which cannot be more than full: on the sample set 63 % of failures under planted conditions pass it, 8 % of others. */
const AGREES = 2;

export interface Traced {
  readonly trace: CaseTrace;
  /** Likely causes; empty where nothing stands out. */
  readonly named: readonly NamedTrajectory[];
}

export interface TraceContext {
  readonly space: SearchSpace;
  readonly sourcesOf: (index: number) => readonly ExampleSource[];
  readonly noiseOf: NoiseOf;
  readonly author: string;
}

export async function traceCase(
  core: Core,
  { record, body }: { readonly record: CaseRecord; readonly body: ReturnType<Core["store"]["cases"]["body"]> & CaseBody },
  { space, sourcesOf, noiseOf, author }: TraceContext,
  progress: Progress,
): Promise<Traced> {
  const { runId, model, window, examples } = space;
  const question = caseQuestion(body, model, window);
  const searched = await searchCase(core, space, question, progress);
  const noise = await noiseOf(searched, question.query.correct !== null, progress);
  const span = body.diagnosis.span?.range;
  const failure = { output: body.text, parts: span === undefined ? [] : partsInSpan(body.text, span) };
  const placeOf = new Map(searched.ranked.map(({ index }, place) => [index, place + 1]));
  const describe = (ranked: RankedExample): TracedExample => {
    const { index } = ranked;
    const found = { ranked, rank: placeOf.get(index)!, exact: searched.exact.get(index)?.score ?? null };
    return asOfNow(core, runId, describeExample(found, sourcesOf(index), failure), new Set());
  };
  const groups = groupAlike(searched.ranked.slice(0, NUM_SHOWN).map(describe), (example) => ({
    fault: faultOf(example),
    words: new Set(examples.wordsOf(example.index)),
  })).map((members) => ({ examples: members }));
  const nothingStandsOut = !standsOut(noise) && !repeatsFault(groups, [record.code, ...record.secondary]);
  const trace: CaseTrace = {
    caseId: record.id,
    runId,
    checkpointStep: space.checkpoint.step,
    at: new Date().toISOString(),
    author,
    isContrastive: question.query.correct !== null,
    groups,
    opponents: searched.opponents.slice(0, NUM_OPPONENTS).map(describe),
    nothingStandsOut,
    noise: noise.bySignal,
    numExamples: examples.trained.length,
    numIndexed: searched.numIndexed,
    seconds: searched.seconds,
    reliability: null,
  };
  return { trace, named: nothingStandsOut ? [] : namedIn(trace) };
}

/** True also where noise could not be measured: then nothing can be said against it. */
export function standsOut({ bySignal, agreement }: Noise): boolean {
  const known = SIGNALS.flatMap((signal) => bySignal[signal].z ?? []);
  return (known.length === 0 && agreement.z === null) || known.some((z) => z >= STANDS_OUT) || (agreement.z ?? 0) >= AGREES;
}

/** A likely cause that has the fault itself, as the checker finds it, needs no comparison with right outputs. */
export function repeatsFault(groups: CaseTrace["groups"], codes: readonly (FailureCode | null)[]): boolean {
  const likely = groups.flatMap(({ examples }) => examples.filter(({ grade }) => grade === "likely"));
  return likely.some(({ trajectories }) => trajectories.some(({ findings }) => findings.some((code) => codes.includes(code))));
}

/** Same finding at the same tool: one fault, in whatever words it was asked. */
function faultOf({ trajectories, call }: TracedExample): string {
  const codes = [...new Set(trajectories.flatMap(({ findings }) => findings))].sort();
  return codes.length === 0 ? "" : `${codes.join(" ")} ${foldedWords(/^Action: (.*)$/m.exec(call)?.[1] ?? "").join(" ")}`;
}

/** Trajectories of the examples that are likely causes, by the place of their group. */
export function namedIn({ groups }: Pick<CaseTrace, "groups">): NamedTrajectory[] {
  const places = new Map<string, number>();
  groups.forEach(({ examples }, place) => {
    for (const { grade, trajectories } of examples) {
      if (grade !== "likely" && grade !== "confirmed") continue;
      for (const { id } of trajectories) if (!places.has(id)) places.set(id, place + 1);
    }
  });
  return [...places].map(([trajectoryId, place]) => ({ trajectoryId, place }));
}
