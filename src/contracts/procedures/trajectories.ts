/** @file Queries over trajectories and their tokens. Reads only; editing arrives with its own commands. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import type { CallCheck } from "../calls.ts";
import { MASK_MODES, TRUNCATIONS, type Segment, type Truncation, type TruncationCut } from "../example.ts";
import type { ReviewState } from "../changes.ts";
import { annotatorSchema } from "../review.ts";
import { SPLITS, type Trajectory, type TrajectoryContent, type TrajectorySummary } from "../trajectory.ts";

/** Conditions are joined by "and"; an absent one does not restrict. */
export const trajectoryFilterSchema = z.object({
  /** Words to find in any turn; a quoted part is a phrase. Never an expression language of the database. */
  text: z.string().max(1000).optional(),
  source: z.string().optional(),
  split: z.enum(SPLITS).optional(),
});
export type TrajectoryFilter = z.infer<typeof trajectoryFilterSchema>;

export interface TrajectoryPage {
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly TrajectorySummary[];
  /** False while the full-text index is being built: a search may miss rows. */
  readonly indexComplete: boolean;
}

export interface Facet {
  readonly value: string;
  readonly count: number;
}

/** A trajectory as opened: content, where it came from, and what the call checker says of each assistant turn. */
export interface TrajectoryDetail {
  readonly trajectory: Trajectory;
  readonly summary: TrajectorySummary;
  readonly origin: {
    readonly source: string;
    readonly path: string;
    readonly rows: readonly { readonly rowIndex: number; readonly byteOffset: number; readonly byteLength: number }[];
  };
  readonly revision: { readonly number: number; readonly author: string; readonly reason: string; readonly at: string };
  /** By index into `trajectory.turns`; assistant turns only. */
  readonly checks: Readonly<Record<number, CallCheck>>;
  readonly review: ReviewState;
  /** What the author asked for left unsaved, where there is something. */
  readonly draft: { readonly baseRevision: number; readonly content: TrajectoryContent; readonly at: string } | null;
}

export interface TokenView {
  /** Text of this token alone; bytes that are no whole character show as U+FFFD. */
  readonly text: string;
  readonly id: number;
  readonly segment: Segment;
  readonly trained: boolean;
  /** -1 for tokens of no turn. */
  readonly turnIndex: number;
}

export interface TokensOfTrajectory {
  readonly trajectoryId: string;
  readonly tokenizer: string;
  readonly template: string;
  readonly maskMode: string;
  readonly maxLength: number;
  readonly truncation: Truncation;
  /** A trajectory longer than the window may give several examples; this is the one asked for, counted from 0. */
  readonly window: number;
  readonly numWindows: number;
  /** Null where the trajectory gives no example; `refusal` then says why. */
  readonly tokens: readonly TokenView[] | null;
  /** Why there is no example, or why some turns are in none. */
  readonly refusal: { readonly code: string; readonly reason: string; readonly numTurns: number } | null;
  readonly numSupervised: number;
  readonly fullLength: number;
  readonly cuts: readonly TruncationCut[];
  readonly countBySegment: Readonly<Partial<Record<Segment, { readonly tokens: number; readonly trained: number }>>>;
}

export const trajectories = {
  list: oc
    .input(z.object({ filter: trajectoryFilterSchema, offset: z.int().nonnegative(), limit: z.int().min(1).max(500) }))
    .output(output<TrajectoryPage>()),
  facets: oc
    .input(z.object({ filter: trajectoryFilterSchema }))
    .output(output<{ readonly sources: readonly Facet[]; readonly splits: readonly Facet[] }>()),
  get: oc.input(z.object({ id: z.string(), author: annotatorSchema.optional() })).output(output<TrajectoryDetail>()),
  /** Position of a trajectory in a filtered list, so that the list can scroll to it; null if the filter leaves it out. */
  offsetOf: oc.input(z.object({ id: z.string(), filter: trajectoryFilterSchema })).output(output<{ readonly offset: number | null }>()),
  tokens: oc
    .input(
      z.object({
        id: z.string(),
        /** `sample-base`, a run id, or a folder with a tokenizer. */
        model: z.string().default("sample-base"),
        maskMode: z.enum(MASK_MODES).default("allAssistantTurns"),
        maxLength: z.int().min(16).max(1_000_000).default(512),
        truncation: z.enum(TRUNCATIONS).default("pathWindows"),
        window: z.int().nonnegative().default(0),
      }),
    )
    .output(output<TokensOfTrajectory>()),
};
