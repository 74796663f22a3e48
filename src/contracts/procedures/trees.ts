/** @file The search behind a trajectory of a ToolBench answer file, and the choice of another of its branches. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import type { Change } from "../changes.ts";
import { annotatorSchema } from "../reviewSchemas.ts";
import type { BranchPreview, SearchTree } from "../trees.ts";

const trajectory = { trajectoryId: z.string() };
const branch = { ...trajectory, leaf: z.int().nonnegative() };

export const trees = {
  /** Null where the trajectory was not imported from an answer file. */
  get: oc.input(z.object(trajectory)).output(output<SearchTree | null>()),
  preview: oc.input(z.object(branch)).output(output<BranchPreview>()),
  /** Saves the branch as the trajectory's next revision; `E_EDIT_CONFLICT` where the content was changed since `baseRevision`. */
  choose: oc
    .input(
      z.object({
        ...branch,
        baseRevision: z.int().positive(),
        author: annotatorSchema,
        reason: z.string().max(2000).default(""),
        request: z.string().max(100).optional(),
      }),
    )
    .output(output<{ readonly revision: number; readonly change: Change | null }>()),
};
