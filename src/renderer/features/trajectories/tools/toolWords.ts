/** @file The catalogue of tools in words, and where its numbers lead. */
import type { LocationQueryRaw, RouteLocationRaw } from "vue-router";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { ToolListName, ToolUse, ToolUseName } from "#contracts/tools.ts";
import { formatCount, formatPercent } from "../../../format/numbers.ts";
import { queryOfFilter } from "../filterQuery.ts";

export const LIST_WORDS: Readonly<Record<ToolListName, string>> = {
  all: "All tools",
  varied: "Several definitions",
  unoffered: "Called, not offered",
  idle: "Offered, never called",
  faulty: "Calls with findings",
  failed: "Error results",
};

/** What a list without rows says. */
export const NONE_WORDS: Readonly<Record<ToolListName, string>> = {
  all: "No trajectory offers or calls a tool.",
  varied: "Every tool has one definition.",
  unoffered: "Every call is of a tool that was offered.",
  idle: "Every tool that is offered is called somewhere.",
  faulty: "The call checker objects to no call.",
  failed: "No result says that its call failed.",
};

/** "12 (3.5%)"; none is none of any number. */
export function withShare(part: number, whole: number): string {
  return part === 0 ? "0" : `${formatCount(part)} (${formatPercent(part / whole)})`;
}

const filtered = (filter: TrajectoryFilter): RouteLocationRaw => ({
  path: "/trajectories",
  query: queryOfFilter(filter) as LocationQueryRaw,
});
/** The trajectories that use a tool so. */
export const trajectoriesBy = (name: string, use: ToolUseName): RouteLocationRaw => filtered({ tool: { name, use } });
export const trajectoriesWith = (definition: number): RouteLocationRaw => filtered({ definition });

/** What a number of a tool is of, in words that name it to a screen reader. */
export interface Figure {
  readonly key: "offering" | "calling" | "calls" | "unoffered" | "faulty" | "failed";
  readonly title: string;
  readonly use: ToolUseName;
  readonly numTrajectories: (tool: ToolUse) => number;
  readonly text: (tool: ToolUse) => string;
}

export const FIGURES: readonly Figure[] = [
  { key: "offering", title: "Offered in", use: "offered", numTrajectories: (t) => t.numOffering, text: (t) => formatCount(t.numOffering) },
  { key: "calling", title: "Called in", use: "called", numTrajectories: (t) => t.numCalling, text: (t) => formatCount(t.numCalling) },
  { key: "calls", title: "Calls", use: "called", numTrajectories: (t) => t.numCalling, text: (t) => formatCount(t.numCalls) },
  {
    key: "unoffered",
    title: "Not offered",
    use: "unoffered",
    numTrajectories: (t) => t.numUnoffered,
    text: (t) => formatCount(t.numUnofferedCalls),
  },
  {
    key: "faulty",
    title: "With findings",
    use: "faulty",
    numTrajectories: (t) => t.numFaulty,
    text: (t) => withShare(t.numFaultyCalls, t.numCalls),
  },
  {
    key: "failed",
    title: "Error results",
    use: "failed",
    numTrajectories: (t) => t.numFailed,
    text: (t) => withShare(t.numFailedCalls, t.numAnsweredCalls),
  },
];
