/** @file Counts beside a filter: each facet under all conditions but its own, and how much each condition leaves out. */
import type { LabelFacet, TrajectoryFacets } from "#contracts/procedures/trajectories.ts";
import { STATUSES } from "#contracts/review.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import type { AnnotationColumns } from "./annotationColumns.ts";
import type { ContentColumns } from "./contentColumns.ts";
import { FINDING_CODES } from "./contentFacts.ts";
import type { Condition, FilterKey } from "./filterConditions.ts";
import type { Columns } from "./trajectoryColumns.ts";

/** Facets are cut to the most frequent values; the one that is chosen is shown in any case. */
const MOST_TOOLS = 60;

export interface FacetNames {
  source(id: number): string | undefined;
  annotator(id: number): string | null;
}

interface Counted {
  readonly columns: Columns;
  readonly contents: ContentColumns;
  readonly annotations: AnnotationColumns;
  readonly names: FacetNames;
}

const FACET_KEYS = [
  "source",
  "split",
  "status",
  "assignee",
  "tool",
  "label",
  "finding",
  "unreadable",
  "disputed",
] as const satisfies FilterKey[];
type FacetKey = (typeof FACET_KEYS)[number];

/** How often each number of a column occurs; grows with the largest number. */
class Tally {
  #counts = new Uint32Array(256);

  add(number: number): void {
    if (number >= this.#counts.length) {
      const larger = new Uint32Array(Math.max(2 * this.#counts.length, number + 1));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[number]!++;
  }

  /** Numbers that occur, with how often. */
  *[Symbol.iterator](): Generator<readonly [number: number, count: number]> {
    for (const [number, count] of this.#counts.entries()) if (count > 0) yield [number, count];
  }

  of(number: number): number {
    return this.#counts[number] ?? 0;
  }
}

export function facetCounts(conditions: readonly Condition[], { columns, contents, annotations, names }: Counted): TrajectoryFacets {
  const [source, split, status, assignee, offered, called, document, findings] = Array.from({ length: 8 }, () => new Tally());
  let [total, unreadable, disputed] = [0, 0, 0];
  const alone = new Uint32Array(conditions.length);
  const without = new Uint32Array(conditions.length);
  const placeOf = Object.fromEntries(FACET_KEYS.map((key) => [key, conditions.findIndex((condition) => condition.key === key)]));
  const own = placeOf as Readonly<Record<FacetKey, number>>;

  for (let i = 0; i < columns.length; i++) {
    let numFailed = 0;
    let failed = -1;
    for (let c = 0; c < conditions.length; c++) {
      const { column, allowed } = conditions[c]!;
      if (allowed[column[i]!] === 1) alone[c]!++;
      else {
        numFailed++;
        failed = c;
      }
    }
    if (numFailed > 1) continue;
    const none = numFailed === 0;
    if (none) total++;
    else without[failed]!++;
    const content = columns.contents[i]!;
    const annotation = columns.annotations[i]!;
    if (none || failed === own.source) source!.add(columns.sources[i]!);
    if (none || failed === own.split) split!.add(columns.splits[i]!);
    if (none || failed === own.status) status!.add(columns.statuses[i]!);
    if (none || failed === own.assignee) assignee!.add(columns.assignees[i]!);
    if (annotation > 0) {
      if (none || failed === own.label) document!.add(annotation);
      if ((none || failed === own.disputed) && annotations.disputed[annotation] === 1) disputed++;
    }
    if (content >= contents.length) continue;
    if (none || failed === own.tool) {
      offered!.add(contents.offered[content]!);
      called!.add(contents.called[content]!);
    }
    if (none || failed === own.finding) findings!.add(contents.findings[content]!);
    if ((none || failed === own.unreadable) && contents.unreadable[content]! > 0) unreadable++;
  }

  const byKey = (counts: Uint32Array): TrajectoryFacets["alone"] =>
    Object.fromEntries(conditions.map(({ key }, c) => [key, counts[c]! + (counts === without ? total : 0)]));
  return {
    total,
    sources: [...source!].flatMap(([id, count]) => ({ value: names.source(id) ?? String(id), count })),
    splits: SPLITS.flatMap((value, i) => (split!.of(i) > 0 ? [{ value, count: split!.of(i) }] : [])),
    statuses: STATUSES.flatMap((value, i) => (status!.of(i) > 0 ? [{ value, count: status!.of(i) }] : [])),
    assignees: [...assignee!].flatMap(([id, count]) => (id === 0 ? [] : [{ value: names.annotator(id) ?? String(id), count }])),
    unassigned: assignee!.of(0),
    called: toolCounts(called!, contents.toolSets),
    offered: toolCounts(offered!, contents.toolSets),
    labels: labelCounts(document!, annotations),
    findings: findingCounts(findings!),
    unreadable,
    disputed,
    alone: byKey(alone),
    without: byKey(without),
  };
}

function toolCounts(bySet: Tally, sets: ContentColumns["toolSets"]): TrajectoryFacets["called"] {
  const counts = new Map<string, number>();
  for (const [set, count] of bySet) for (const name of sets[set] ?? []) counts.set(name, (counts.get(name) ?? 0) + count);
  const sorted = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return sorted.slice(0, MOST_TOOLS);
}

/** A document counts once for an answer, however many gave it in however many places. */
function labelCounts(byDocument: Tally, { starts, answers, kinds }: AnnotationColumns): readonly LabelFacet[] {
  const facets = new Map<string, { question: string; option: string; count: number }>();
  const keys = kinds.map(({ question, option }) => JSON.stringify([question, option]));
  for (const [document, count] of byDocument) {
    const seen = new Set<string>();
    for (let at = starts[document]!; at < starts[document + 1]!; at++) {
      const { question, option } = kinds[answers[at]!]!;
      const key = keys[answers[at]!]!;
      if (seen.has(key)) continue;
      seen.add(key);
      const facet = facets.get(key);
      if (facet === undefined) facets.set(key, { question, option, count });
      else facet.count += count;
    }
  }
  return [...facets.values()].sort((a, b) => (a.question === b.question ? b.count - a.count : a.question < b.question ? -1 : 1));
}

function findingCounts(byBits: Tally): TrajectoryFacets["findings"] {
  const counts = FINDING_CODES.map((_, bit) => [...byBits].reduce((sum, [bits, count]) => sum + ((bits >> bit) & 1) * count, 0));
  return FINDING_CODES.flatMap((value, bit) => (counts[bit]! > 0 ? [{ value, count: counts[bit]! }] : []));
}
