/** @file Commands that change trajectories, and their history. */
import { eventIterator, oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { CONTENT_OPERATIONS } from "../bulk.ts";
import type { Preview, PreviewPage } from "../preview.ts";
import { operationSchema, type Change, type RevisionEntry, type StartedChange } from "../changes.ts";
import type { AgreementProgress, Disagreement } from "../agreement.ts";
import type { DataVersion, VersionDiff } from "../dataVersions.ts";
import type { MergeConflictView } from "../merging.ts";
import type { LabelScheme } from "../review.ts";
import { annotatorSchema, labelSchemeSchema } from "../reviewSchemas.ts";
import { trajectoryContentSchema } from "../trajectoryContent.ts";
import type { TrajectoryContent } from "../trajectory.ts";
import { trajectoryFilterSchema } from "./trajectories.ts";

/** Trajectories by name, or all that a filter lets through but those left out by hand. */
export const selectionSchema = z.union([
  z.object({ ids: z.array(z.string()).max(10_000) }),
  z.object({ filter: trajectoryFilterSchema, except: z.array(z.string()).max(10_000).default([]) }),
  /** What a preview found to change: the same operation then does just what it showed. */
  z.object({ preview: z.int(), except: z.array(z.string()).max(10_000).default([]) }),
]);
export type Selection = z.infer<typeof selectionSchema>;

const reason = z.string().max(2000).default("");
/** Made by the page, once for each wish: sent again after a lost answer, it changes nothing twice. */
const request = z.string().max(100).optional();
const byAuthor = { author: annotatorSchema, reason, request };

export const changes = {
  /** Newest first; `before` continues a list. */
  recent: oc
    .input(z.object({ limit: z.int().min(1).max(200).default(20), before: z.int().optional() }))
    .output(output<readonly Change[]>()),
  /** What undo and redo would do now. */
  next: oc.input(z.object({ author: annotatorSchema })).output(output<{ readonly undo: Change | null; readonly redo: Change | null }>()),
  /** Looks what an operation on contents would do, at once or as a job; nothing is changed. */
  preview: oc
    .input(z.object({ selection: selectionSchema, operation: z.discriminatedUnion("type", [...CONTENT_OPERATIONS]) }))
    .output(output<Preview>()),
  /** A page of it, exceptions first. */
  previewPage: oc
    .input(z.object({ id: z.int(), offset: z.int().nonnegative(), limit: z.int().min(1).max(500) }))
    .output(output<PreviewPage>()),
  apply: oc.input(z.object({ selection: selectionSchema, operation: operationSchema, ...byAuthor })).output(output<StartedChange>()),
  undo: oc.input(z.object({ author: annotatorSchema, request })).output(output<StartedChange>()),
  redo: oc.input(z.object({ author: annotatorSchema, request })).output(output<StartedChange>()),
  /** Trajectories that a change left alone, with the reason. */
  skipped: oc
    .input(z.object({ id: z.int(), limit: z.int().min(1).max(1000).default(100) }))
    .output(output<readonly { readonly trajectoryId: string; readonly reason: string }[]>()),
};

const trajectory = { id: z.string() };
const edited = { ...trajectory, baseRevision: z.int().positive(), content: trajectoryContentSchema };

export const editing = {
  /**
   * Writes a trajectory into the train split: on its own, or as a counter-example for a case. `E_HELD_OUT_PROMPT` where it asks word for word
   * what is held out.
   */
  write: oc
    .input(z.object({ content: trajectoryContentSchema, caseId: z.string().nullable().default(null), ...byAuthor }))
    .output(output<{ readonly id: string; readonly change: Change }>()),
  /** Saves an edit as a revision; `E_EDIT_CONFLICT` where the content was changed since `baseRevision`. */
  revise: oc.input(z.object({ ...edited, ...byAuthor })).output(output<{ readonly revision: number; readonly change: Change | null }>()),
  /** Brings back the state of a revision, as a new one. */
  restore: oc
    .input(z.object({ ...trajectory, revision: z.int().positive(), ...byAuthor }))
    .output(output<{ readonly revision: number; readonly change: Change | null }>()),
  saveDraft: oc.input(z.object({ ...edited, author: annotatorSchema })).output(output<{ readonly at: string }>()),
  dropDraft: oc.input(z.object({ ...trajectory, author: annotatorSchema })).output(output<{ readonly dropped: true }>()),
  history: oc.input(z.object(trajectory)).output(output<readonly RevisionEntry[]>()),
  /** The content of one revision. */
  revision: oc.input(z.object({ ...trajectory, revision: z.int().positive() })).output(output<TrajectoryContent>()),
};

export const merging = {
  /** Another workspace's labels, decisions and edits into this one, as a job. */
  start: oc.input(z.object({ path: z.string().min(1), author: annotatorSchema })).output(output<{ readonly jobId: string }>()),
  conflicts: oc
    .input(z.object({ offset: z.int().nonnegative().default(0), limit: z.int().min(1).max(100).default(20) }))
    .output(output<{ readonly total: number; readonly offset: number; readonly rows: readonly MergeConflictView[] }>()),
  resolve: oc
    .input(z.object({ id: z.int(), side: z.enum(["mine", "theirs"]), author: annotatorSchema }))
    .output(output<{ readonly resolved: true }>()),
};

export const annotators = {
  /** Everybody known here, and the name this machine suggests. */
  list: oc.output(output<{ readonly names: readonly string[]; readonly suggested: string }>()),
  add: oc.input(z.object({ name: annotatorSchema })).output(output<{ readonly names: readonly string[]; readonly suggested: string }>()),
};

export const review = {
  scheme: oc.output(output<LabelScheme>()),
  setScheme: oc.input(labelSchemeSchema).output(output<LabelScheme>()),
  /** Of each question that anybody answered, in the scheme's order; many labels take a while, so it comes in parts. */
  agreement: oc.output(eventIterator(output<AgreementProgress>())),
  /** Places where annotators differ and nobody has settled it. */
  disputed: oc
    .input(z.object({ offset: z.int().nonnegative().default(0), limit: z.int().min(1).max(500).default(200) }))
    .output(output<{ readonly total: number; readonly rows: readonly Disagreement[] }>()),
  /** Trajectories for somebody's second look, drawn from those they have labelled once, each status in proportion. */
  secondPass: oc
    .input(z.object({ annotator: annotatorSchema, size: z.int().min(1).max(1000), seed: z.int().nonnegative() }))
    .output(output<readonly string[]>()),
};

export const versions = {
  list: oc.output(output<readonly DataVersion[]>()),
  /** As a job: it reads every trajectory. */
  freeze: oc
    .input(z.object({ name: z.string().trim().min(1).max(100), note: z.string().max(2000).default(""), author: annotatorSchema }))
    .output(output<{ readonly jobId: string }>()),
  /** A null is the data set as it is now. */
  diff: oc
    .input(
      z.object({
        one: z.int(),
        other: z.int().nullable(),
        offset: z.int().nonnegative().default(0),
        limit: z.int().min(1).max(500).default(100),
      }),
    )
    .output(output<VersionDiff>()),
};
