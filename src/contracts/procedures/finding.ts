/** @file Filters kept under a name, and questions in SQL. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { annotatorSchema } from "../reviewSchemas.ts";
import { trajectoryFilterSchema, type TrajectoryFilter } from "./trajectories.ts";

export interface SavedView {
  readonly name: string;
  readonly filter: TrajectoryFilter;
  /** Trajectories it lets through now. */
  readonly count: number;
  /** Comes with the product; cannot be removed. */
  readonly isBuiltIn: boolean;
}

const viewName = z.string().trim().min(1).max(60);
const forAuthor = { author: annotatorSchema.optional() };

export const views = {
  /** Built-in ones first; "My queue" where an author asks. */
  list: oc.input(z.object(forAuthor)).output(output<readonly SavedView[]>()),
  /** Replaces the view of this name. */
  save: oc.input(z.object({ name: viewName, filter: trajectoryFilterSchema, ...forAuthor })).output(output<readonly SavedView[]>()),
  /** Another name for one; refused where another view has it. */
  rename: oc.input(z.object({ name: viewName, to: viewName, ...forAuthor })).output(output<readonly SavedView[]>()),
  remove: oc.input(z.object({ name: viewName, ...forAuthor })).output(output<readonly SavedView[]>()),
};

export interface SqlColumn {
  readonly name: string;
  /** Its values are numbers of trajectories. */
  readonly isTrajectory: boolean;
}

export type SqlValue = string | number | null;

export interface SqlResult {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** What was left out of the answer, in a sentence; null: nothing. */
  readonly cut: string | null;
  readonly ms: number;
}

export interface SqlTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export const sql = {
  /** Reads only, on a connection of its own in a process of its own, ended after a time. */
  query: oc.input(z.object({ sql: z.string().max(100_000), limit: z.int().min(1).max(20_000).default(2000) })).output(output<SqlResult>()),
  schema: oc.output(output<readonly SqlTable[]>()),
};
