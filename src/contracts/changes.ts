/**
 * @file Changes to trajectories: what can be done to one or to many, and how it is remembered.
 *
 * A *change* is what a person did, once: an edit, a decision, a replacement over ten thousand trajectories. It writes one *revision* for
 * each trajectory it touches, and is undone as a whole by another change.
 */
import { z } from "zod";
import { CONTENT_OPERATIONS } from "./bulk.ts";
import { STATUSES, type Annotations, type Status } from "./review.ts";
import { labelPlaceSchema } from "./reviewSchemas.ts";
import { SPLITS, type Split, type TrajectoryId } from "./trajectory.ts";

/** What is done to each trajectory that was chosen. */
export const operationSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("status"), status: z.enum(STATUSES) }),
  z.object({ type: z.literal("split"), split: z.enum(SPLITS) }),
  /** Splits drawn anew, by query: all answers to one question fall on the same side. Shares are of queries and sum to at most 1; the rest is train. */
  z.object({
    type: z.literal("resplit"),
    validation: z.number().min(0).max(1),
    test: z.number().min(0).max(1),
    seed: z.int().nonnegative(),
  }),
  z.object({ type: z.literal("assign"), annotator: z.string().min(1).max(60).nullable() }),
  /** The author's answer to a question; no options: takes it back. */
  z.object({
    type: z.literal("label"),
    question: z.string().min(1).max(60),
    place: labelPlaceSchema.default({}),
    options: z.array(z.string().max(60)).max(30),
    /** Settles a disagreement instead of answering. */
    adjudicate: z.boolean().default(false),
    /** Answers a second time, blind: kept beside the first answer, to see how steady it was. */
    secondPass: z.boolean().optional(),
  }),
  z.object({ type: z.literal("note"), text: z.string().min(1).max(20_000), place: labelPlaceSchema.optional() }),
  ...CONTENT_OPERATIONS,
]);
export type Operation = z.infer<typeof operationSchema>;

/** What changed of a trajectory between two revisions; `presence`: it was written, or that was undone. */
export const STATE_FIELDS = ["content", "split", "status", "assignee", "annotations", "presence"] as const;
export type StateField = (typeof STATE_FIELDS)[number];

export const CHANGE_STATES = ["applying", "applied", "undone"] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/** A line of the history of the workspace. */
export interface Change {
  readonly id: number;
  /** The operation's type, or `write`, `edit`, `undo`, `redo`, `restore`, `merge`, `tree`. */
  readonly kind: string;
  /** In words: "Rejected T-00012", "Renamed tool get_fee to quote_fee". */
  readonly title: string;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
  readonly state: ChangeState;
  readonly numTrajectories: number;
  /** Chosen trajectories that it left as they were, each for a stated reason. */
  readonly numSkipped: number;
  /** Some of the trajectories it touched, for a list that names them; the first one where there is only one. */
  readonly firstTrajectory: TrajectoryId | null;
  /** The change that this one takes back or makes again. */
  readonly of: number | null;
}

/** A line of the history of a trajectory. */
export interface RevisionEntry {
  readonly number: number;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
  /** Null for the import. */
  readonly change: Pick<Change, "id" | "kind" | "title" | "state" | "numTrajectories"> | null;
  /** What differs from the revision before; empty for the first. */
  readonly changed: readonly StateField[];
  readonly split: Split;
  readonly status: Status;
  readonly assignee: string | null;
  /** It was written here, and taken back with this revision. */
  readonly isRemoved: boolean;
}

/** What review has made of a trajectory. */
export interface ReviewState {
  readonly status: Status;
  readonly assignee: string | null;
  readonly annotations: Annotations;
}

/** A change that has started: at once for a few trajectories, as a job for many. */
export interface StartedChange {
  readonly changeId: number;
  readonly numChosen: number;
  /** Null where it is done already. */
  readonly jobId: string | null;
  /** Null while the job runs. */
  readonly change: Change | null;
}
