/** @file The conditions of a filter in words, and which of them leaves out most. */
import { FAILURE_CODES } from "#contracts/calls.ts";
import type { TrajectoryFacets, TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { LabelScheme } from "#contracts/review.ts";
import type { ToolUseName } from "#contracts/tools.ts";
import { FILTER_KEYS } from "../filterQuery.ts";
import { STATUS_WORDS } from "../../../components/statusWords.ts";

export type FilterKey = keyof TrajectoryFilter;
type Range = NonNullable<TrajectoryFilter["turns"]>;

export interface Condition {
  readonly key: FilterKey;
  readonly name: string;
  readonly value: string;
}

export const CONDITION_NAMES: Readonly<Record<Exclude<FilterKey, "tool">, string>> = {
  ids: "Ids",
  text: "Words",
  source: "Source",
  split: "Split",
  status: "Status",
  definition: "Definition of a tool",
  finding: "Finding",
  unreadable: "Unreadable parts",
  label: "Label",
  labelledBy: "Labelled by",
  disputed: "In dispute",
  assignee: "Queue",
  editedBy: "Edited by",
  turns: "Turns",
  calls: "Calls",
};
export const TOOL_NAMES: Readonly<Record<ToolUseName, string>> = {
  called: "Tool called",
  offered: "Tool offered",
  idle: "Tool offered, never called",
  unoffered: "Tool called, not offered",
  faulty: "Tool called wrongly",
  failed: "Tool that failed",
};
const SHOWN_IDS = 3;

const yesOrNo = (value: boolean): string => (value ? "yes" : "no");

function rangeWords({ from, to }: Range): string {
  if (from === undefined) return `at most ${to}`;
  if (to === undefined) return `at least ${from}`;
  return from === to ? String(from) : `${from} to ${to}`;
}

function labelWords({ question, option, annotator }: NonNullable<TrajectoryFilter["label"]>, scheme: LabelScheme | undefined): string {
  const known = scheme?.questions.find(({ id }) => id === question);
  const answer = option === undefined ? "any answer" : (known?.options.find(({ id }) => id === option)?.title ?? option);
  return `${answer}${annotator === undefined ? "" : ` by ${annotator}`}, ${known?.title ?? question}`;
}

/** What names the ids of a filter; until it is known they stand for themselves. */
export interface ConditionNames {
  readonly scheme?: LabelScheme | undefined;
  /** The tool of the definition that is filtered by. */
  readonly definedTool?: string | undefined;
}

export function conditionsOf(filter: TrajectoryFilter, { scheme, definedTool }: ConditionNames = {}): readonly Condition[] {
  const {
    ids,
    text,
    source,
    split,
    status,
    tool,
    definition,
    finding,
    unreadable,
    label,
    labelledBy,
    disputed,
    assignee,
    editedBy,
    turns,
    calls,
  } = filter;
  const values: Readonly<Record<FilterKey, string | undefined>> = {
    ids: ids && (ids.length <= SHOWN_IDS ? ids.join(", ") : `${ids.slice(0, SHOWN_IDS).join(", ")} and ${ids.length - SHOWN_IDS} more`),
    text,
    source,
    split,
    status: status && (status.map((each) => STATUS_WORDS[each]).join(" or ") || "none"),
    tool: tool?.name,
    definition: definition === undefined ? undefined : (definedTool ?? String(definition)),
    finding: finding && (finding === "any" || finding === "none" ? finding : `${finding} ${FAILURE_CODES[finding].title}`),
    unreadable: unreadable === undefined ? undefined : yesOrNo(unreadable),
    label: label && labelWords(label, scheme),
    labelledBy,
    disputed: disputed === undefined ? undefined : yesOrNo(disputed),
    assignee: assignee === null ? "nobody's" : assignee,
    editedBy,
    turns: turns && rangeWords(turns),
    calls: calls && rangeWords(calls),
  };
  return FILTER_KEYS.flatMap((key) => {
    const value = values[key];
    if (value === undefined || value === "") return [];
    return [{ key, name: key === "tool" ? TOOL_NAMES[tool!.use] : CONDITION_NAMES[key], value }];
  });
}

export interface Obstacle {
  readonly key: FilterKey;
  /** How many would match without it. */
  readonly numWithout: number;
  /** How many satisfy it and nothing else. */
  readonly numAlone: number;
}

/** The condition without which most would match; where none is enough by itself, the one that fewest satisfy. Null: there is none. */
export function excludesMost(filter: TrajectoryFilter, { alone, without }: Pick<TrajectoryFacets, "alone" | "without">): Obstacle | null {
  const obstacles = FILTER_KEYS.flatMap((key): readonly Obstacle[] => {
    const [numAlone, numWithout] = [alone[key], without[key]];
    return filter[key] === undefined || numAlone === undefined || numWithout === undefined ? [] : [{ key, numWithout, numAlone }];
  });
  return obstacles.sort((a, b) => b.numWithout - a.numWithout || a.numAlone - b.numAlone)[0] ?? null;
}
