/**
 * @file A filter as conditions over the columns in memory. Every condition is a lookup: a trajectory passes where the table holds a 1 for
 * the number in its column, so that a filter is one walk over typed arrays whatever it asks for.
 */
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { STATUSES } from "#contracts/review.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import type { AnnotationColumns, Answer } from "./annotationColumns.ts";
import type { ContentColumns } from "./contentColumns.ts";
import { findingBit } from "./contentFacts.ts";
import type { Editors } from "./editorColumns.ts";
import { numberOfId } from "./ids.ts";
import { contentsByDefinition, contentsByTool } from "./toolConditions.ts";
import type { ToolColumns } from "./toolColumns.ts";
import type { Columns } from "./trajectoryColumns.ts";

export type FilterKey = keyof TrajectoryFilter;

export interface Condition {
  readonly key: FilterKey;
  readonly column: Int32Array | Uint8Array;
  /** 1 where a number of the column passes; numbers beyond its end do not. */
  readonly allowed: Uint8Array;
}

/** What conditions look into; each part is read where a condition needs it. */
export interface FilterSources {
  readonly columns: Columns;
  contents(): ContentColumns;
  annotations(): AnnotationColumns;
  editors(): Editors;
  tools(): ToolColumns;
  sourceId(name: string): number | undefined;
  annotatorId(name: string): number | null;
  hits(text: string): Uint8Array;
}

const NOTHING = new Uint8Array();

export function conditionsOf(filter: TrajectoryFilter, from: FilterSources): readonly Condition[] {
  const { columns } = from;
  const conditions: Condition[] = [];
  const add = (key: FilterKey, column: Condition["column"], allowed: Uint8Array): void => void conditions.push({ key, column, allowed });
  const ofContents = (key: FilterKey, holds: (facts: ContentColumns, id: number) => boolean): void => {
    const facts = from.contents();
    const allowed = new Uint8Array(facts.length);
    for (let id = 1; id < facts.length; id++) if (holds(facts, id)) allowed[id] = 1;
    add(key, columns.contents, allowed);
  };

  if (filter.ids !== undefined) add("ids", columns.ids, table(filter.ids.map((id) => numberOfId("trajectory", id) ?? -1)));
  if (filter.source !== undefined) add("source", columns.sources, table([from.sourceId(filter.source) ?? -1]));
  if (filter.split !== undefined) add("split", columns.splits, table([SPLITS.indexOf(filter.split)]));
  if (filter.status !== undefined) add("status", columns.statuses, table(filter.status.map((status) => STATUSES.indexOf(status))));
  if (filter.assignee !== undefined) {
    add("assignee", columns.assignees, table([filter.assignee === null ? 0 : (from.annotatorId(filter.assignee) ?? -1)]));
  }
  if (filter.editedBy !== undefined) add("editedBy", columns.ids, from.editors().get(filter.editedBy) ?? NOTHING);
  const { label, labelledBy } = filter;
  if (label !== undefined)
    add(
      "label",
      columns.annotations,
      documentsWith(from.annotations(), (answer) => isAnswer(answer, label)),
    );
  if (labelledBy !== undefined) {
    add(
      "labelledBy",
      columns.annotations,
      documentsWith(from.annotations(), ({ annotator }) => annotator === labelledBy),
    );
  }
  if (filter.disputed !== undefined) {
    const wanted = filter.disputed ? 1 : 0;
    add(
      "disputed",
      columns.annotations,
      from.annotations().disputed.map((disputed) => (disputed === wanted ? 1 : 0)),
    );
  }
  const { tool, definition, finding, unreadable, turns, calls } = filter;
  if (tool !== undefined)
    add(
      "tool",
      columns.contents,
      contentsByTool(tool, from.contents(), () => from.tools()),
    );
  if (definition !== undefined) {
    add("definition", columns.contents, contentsByDefinition(definition, from.contents(), from.tools()));
  }
  if (finding === "any") ofContents("finding", (facts, id) => facts.findings[id] !== 0);
  else if (finding === "none") ofContents("finding", (facts, id) => facts.findings[id] === 0);
  else if (finding !== undefined) {
    const bit = findingBit(finding);
    ofContents("finding", (facts, id) => (facts.findings[id]! & bit) !== 0);
  }
  if (unreadable !== undefined) ofContents("unreadable", (facts, id) => facts.unreadable[id]! > 0 === unreadable);
  if (turns !== undefined) ofContents("turns", (facts, id) => isWithin(facts.turns[id]!, turns));
  if (calls !== undefined) ofContents("calls", (facts, id) => isWithin(facts.calls[id]!, calls));
  const text = filter.text?.trim() ?? "";
  if (text !== "") add("text", columns.contents, from.hits(text));
  return conditions;
}

export function passes(conditions: readonly Condition[], i: number): boolean {
  for (const { column, allowed } of conditions) if (allowed[column[i]!] !== 1) return false;
  return true;
}

/** One byte a number up to the largest, 1 for those given; numbers below 0 are of what does not exist. */
function table(numbers: readonly number[]): Uint8Array {
  const existing = numbers.filter((number) => number >= 0);
  const allowed = new Uint8Array(existing.length === 0 ? 0 : Math.max(...existing) + 1);
  for (const number of existing) allowed[number] = 1;
  return allowed;
}

function documentsWith({ length, starts, answers, kinds }: AnnotationColumns, holds: (answer: Answer) => boolean): Uint8Array {
  const wanted = kinds.map(holds);
  const allowed = new Uint8Array(length);
  for (let id = 1; id < length; id++) {
    for (let at = starts[id]!; at < starts[id + 1]!; at++) if (wanted[answers[at]!] === true) allowed[id] = 1;
  }
  return allowed;
}

const isAnswer = (answer: Answer, { question, option, annotator }: NonNullable<TrajectoryFilter["label"]>): boolean =>
  answer.question === question &&
  (option === undefined || answer.option === option) &&
  (annotator === undefined || answer.annotator === annotator);

const isWithin = (value: number, { from = 0, to = Infinity }: NonNullable<TrajectoryFilter["turns"]>): boolean =>
  value >= from && value <= to;
