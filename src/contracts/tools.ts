/** @file The tools of a data set by name: how each is defined, who offers it, and what became of its calls. */
import type { ToolDefinition } from "./trajectory.ts";

/** Uses of a tool to filter by: `idle` is offered and never called, `unoffered` called where it was not offered. */
export const TOOL_USES = ["called", "offered", "idle", "unoffered", "faulty", "failed"] as const;
export type ToolUseName = (typeof TOOL_USES)[number];

/** One tool, over all trajectories as they stand. */
export interface ToolUse {
  readonly name: string;
  /** Different definitions under this name. */
  readonly numDefinitions: number;
  /** Trajectories that offer it, and those of them that never call it. */
  readonly numOffering: number;
  readonly numIdle: number;
  /** Trajectories that call it, and how often all of them do. */
  readonly numCalling: number;
  readonly numCalls: number;
  /** Calls where it was not offered, and the trajectories that make them. */
  readonly numUnofferedCalls: number;
  readonly numUnoffered: number;
  /** Calls that the call checker objects to, and the trajectories with one. */
  readonly numFaultyCalls: number;
  readonly numFaulty: number;
  /** Calls of which the result is recorded; those whose result says that they failed, and the trajectories with one. */
  readonly numAnsweredCalls: number;
  readonly numFailedCalls: number;
  readonly numFailed: number;
}

/** Which tools to list. */
export const TOOL_LISTS = ["all", "varied", "unoffered", "idle", "faulty", "failed"] as const;
export type ToolListName = (typeof TOOL_LISTS)[number];

export const TOOL_ORDERS = ["name", "definitions", "offering", "calling", "calls", "unoffered", "faulty", "failed"] as const;
export type ToolOrder = (typeof TOOL_ORDERS)[number];

export interface ToolPage {
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly ToolUse[];
  /** Where the tool asked for stands in the list; null: it is not in it. */
  readonly place: number | null;
  /** How many tools each list has, of those that the words let through. */
  readonly counts: Readonly<Record<ToolListName, number>>;
  /** False while calls are being checked: counts may still grow. */
  readonly isComplete: boolean;
}

/** One of the definitions under a name: equal to the letter, the order of keys included, for that is what a model reads. */
export interface ToolVariant {
  /** Stable within a workspace. */
  readonly id: number;
  readonly definition: ToolDefinition;
  readonly numTrajectories: number;
}

export interface ToolDetail {
  readonly use: ToolUse;
  /** Most frequent first; the first two hundred. */
  readonly variants: readonly ToolVariant[];
}
