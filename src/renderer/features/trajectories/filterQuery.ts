/** @file A filter as the query of an address, so that a reload and a link keep it, and back. What an address does not say well is left out. */
import type { LocationQuery, LocationQueryRaw } from "vue-router";
import { FAILURE_CODES } from "#contracts/calls.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { STATUSES } from "#contracts/review.ts";
import { TOOL_USES } from "#contracts/tools.ts";
import { SPLITS } from "#contracts/trajectory.ts";

type FilterKey = keyof TrajectoryFilter;
type Range = NonNullable<TrajectoryFilter["turns"]>;

/** In the order in which a screen names them. */
export const FILTER_KEYS = [
  "ids",
  "text",
  "source",
  "split",
  "status",
  "tool",
  "definition",
  "finding",
  "unreadable",
  "label",
  "labelledBy",
  "disputed",
  "assignee",
  "editedBy",
  "turns",
  "calls",
] as const satisfies readonly FilterKey[];

/** Stands for nobody: no person can have this name. */
const NOBODY = "=";

export function queryOfFilter(filter: TrajectoryFilter): LocationQueryRaw {
  const { text, source, split, status, tool, definition, finding, unreadable } = filter;
  const { label, labelledBy, disputed, assignee, editedBy, turns, calls, ids } = filter;
  const parts: Partial<Record<FilterKey, string | undefined>> = {
    ids: ids?.join(","),
    text,
    source,
    split,
    status: status?.join(","),
    tool: tool && `${tool.use}:${tool.name}`,
    definition: definition?.toString(),
    finding,
    unreadable: yesOrNo(unreadable),
    label: label && [label.question, label.option ?? "", label.annotator ?? ""].map(encodeURIComponent).join(":").replace(/:+$/, ""),
    labelledBy,
    disputed: yesOrNo(disputed),
    assignee: assignee === null ? NOBODY : assignee,
    editedBy,
    turns: rangeText(turns),
    calls: rangeText(calls),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== ""));
}

export function filterOfQuery(query: LocationQuery): TrajectoryFilter {
  const of = (key: FilterKey): string | undefined => {
    const value = query[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const assignee = of("assignee");
  const statuses = STATUSES.filter((status) => of("status")?.split(",").includes(status));
  const filter: { [Key in FilterKey]: TrajectoryFilter[Key] | undefined } = {
    ids: of("ids")?.split(","),
    text: of("text"),
    source: of("source"),
    split: SPLITS.find((name) => name === of("split")),
    status: statuses.length > 0 ? statuses : undefined,
    tool: toolOf(of("tool")),
    definition: numberOf(of("definition")),
    finding: findingOf(of("finding")),
    unreadable: booleanOf(of("unreadable")),
    label: labelOf(of("label")),
    labelledBy: of("labelledBy"),
    disputed: booleanOf(of("disputed")),
    assignee: assignee === NOBODY ? null : assignee,
    editedBy: of("editedBy"),
    turns: rangeOf(of("turns")),
    calls: rangeOf(of("calls")),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as TrajectoryFilter;
}

const yesOrNo = (value: boolean | undefined): string | undefined => (value === undefined ? undefined : value ? "yes" : "no");
const booleanOf = (text: string | undefined): boolean | undefined => (text === "yes" ? true : text === "no" ? false : undefined);

const rangeText = (range: Range | undefined): string | undefined =>
  range === undefined || (range.from === undefined && range.to === undefined) ? undefined : `${range.from ?? ""}-${range.to ?? ""}`;

export function rangeOf(text: string | undefined): Range | undefined {
  const match = /^\s*(\d{0,6})\s*[-–]\s*(\d{0,6})\s*$/.exec(text ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  return { ...(match[1] === "" ? {} : { from: Number(match[1]) }), ...(match[2] === "" ? {} : { to: Number(match[2]) }) };
}

function toolOf(text: string | undefined): TrajectoryFilter["tool"] {
  const use = TOOL_USES.find((each) => text?.startsWith(`${each}:`) === true);
  const name = use === undefined ? "" : text!.slice(use.length + 1);
  return use === undefined || name === "" ? undefined : { use, name };
}

const numberOf = (text: string | undefined): number | undefined => (/^[1-9]\d{0,14}$/.test(text ?? "") ? Number(text) : undefined);

function labelOf(text: string | undefined): TrajectoryFilter["label"] {
  if (text === undefined) return undefined;
  const [question = "", option = "", annotator = ""] = text.split(":").map(decoded);
  return question === "" ? undefined : { question, ...(option && { option }), ...(annotator && { annotator }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function findingOf(text: string | undefined): TrajectoryFilter["finding"] {
  const known = text !== undefined && (text in FAILURE_CODES || text === "any" || text === "none");
  return known ? (text as NonNullable<TrajectoryFilter["finding"]>) : undefined;
}
