/** @file Queries over trajectories and their tokens. Reads only; editing arrives with its own commands. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import type { CallFix } from "../bulk.ts";
import { FAILURE_CODES, type CallCheck, type FailureCode, type ValueGround } from "../calls.ts";
import { MASK_MODES, TRUNCATIONS, type Segment, type Truncation, type TruncationCut } from "../example.ts";
import type { ReviewState } from "../changes.ts";
import { STATUSES } from "../review.ts";
import { annotatorSchema } from "../reviewSchemas.ts";
import { TOOL_USES } from "../tools.ts";
import { trajectoryContentSchema } from "../trajectoryContent.ts";
import { SPLITS, type Trajectory, type TrajectoryContent, type TrajectorySummary } from "../trajectory.ts";

const name = z.string().max(10_000);
const range = z.object({ from: z.int().nonnegative().optional(), to: z.int().nonnegative().optional() });
export const FINDING_FILTERS = [...(Object.keys(FAILURE_CODES) as FailureCode[]), "any", "none"] as const;

/** Conditions are joined by "and"; an absent one does not restrict. */
export const trajectoryFilterSchema = z.object({
  /** Words to find in any turn; a quoted part is a phrase. Never an expression language of the database. */
  text: z.string().max(1000).optional(),
  source: z.string().optional(),
  split: z.enum(SPLITS).optional(),
  /** One of these. */
  status: z.array(z.enum(STATUSES)).optional(),
  tool: z.object({ name, use: z.enum(TOOL_USES) }).optional(),
  /** One definition of a tool, by the id that the catalogue of tools gives it. */
  definition: z.int().positive().optional(),
  /** An answer that an annotator gave anywhere in the trajectory; without an option, any answer to the question. */
  label: z
    .object({ question: z.string().max(60), option: z.string().max(60).optional(), annotator: z.string().max(60).optional() })
    .optional(),
  /** Annotators differ and nobody has settled it. */
  disputed: z.boolean().optional(),
  /** Whose queue it is in; null: in nobody's. */
  assignee: z.string().max(60).nullable().optional(),
  /** Who has answered any question of it. */
  labelledBy: z.string().max(60).optional(),
  /** Who has revised it since the import. */
  editedBy: z.string().max(60).optional(),
  /** What the call checker finds in any of its turns. */
  finding: z.enum(FINDING_FILTERS).optional(),
  /** With parts that could not be read. */
  unreadable: z.boolean().optional(),
  /** How many turns, and how many calls, both ends included. */
  turns: range.optional(),
  calls: range.optional(),
  ids: z.array(z.string().max(20)).max(10_000).optional(),
});
export type TrajectoryFilter = z.infer<typeof trajectoryFilterSchema>;

export interface TrajectoryPage {
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly TrajectorySummary[];
  /** False while text or facts are being indexed: a search, or a filter by tool, finding or length, may miss rows. */
  readonly indexComplete: boolean;
}

export interface Facet {
  readonly value: string;
  readonly count: number;
}

export interface LabelFacet {
  readonly question: string;
  readonly option: string;
  readonly count: number;
}

/** How many trajectories have which value, each under all conditions of the filter but its own. */
export interface TrajectoryFacets {
  readonly total: number;
  readonly sources: readonly Facet[];
  readonly splits: readonly Facet[];
  readonly statuses: readonly Facet[];
  readonly assignees: readonly Facet[];
  /** In nobody's queue. */
  readonly unassigned: number;
  /** The tools most trajectories call, and those most are offered. */
  readonly called: readonly Facet[];
  readonly offered: readonly Facet[];
  readonly labels: readonly LabelFacet[];
  readonly findings: readonly Facet[];
  readonly unreadable: number;
  readonly disputed: number;
  /** Of each condition of the filter: how many satisfy it alone, and how many the rest lets through without it. */
  readonly alone: Readonly<Partial<Record<keyof TrajectoryFilter, number>>>;
  readonly without: Readonly<Partial<Record<keyof TrajectoryFilter, number>>>;
}

/** A trajectory as opened: content, where it came from, and what the call checker says of each assistant turn. */
export interface TrajectoryDetail {
  readonly trajectory: Trajectory;
  readonly summary: TrajectorySummary;
  readonly origin: {
    readonly source: string;
    readonly path: string;
    /** Empty where it was written here: its first revision is its original. */
    readonly rows: readonly { readonly rowIndex: number; readonly byteOffset: number; readonly byteLength: number }[];
    /** Null where it was imported; else with the case that it is a counter-example for, if any. */
    readonly written: { readonly caseId: string | null } | null;
  };
  readonly revision: { readonly number: number; readonly author: string; readonly reason: string; readonly at: string };
  /** By index into `trajectory.turns`; assistant turns only. */
  readonly checks: Readonly<Record<number, CallCheck>>;
  readonly review: ReviewState;
  /** What the author asked for left unsaved, where there is something. */
  readonly draft: { readonly baseRevision: number; readonly content: TrajectoryContent; readonly at: string } | null;
}

/** Alike in their words: a hint, not a measure of meaning. Words are as the index holds them, rarest first. */
export interface SimilarTrajectory {
  readonly summary: TrajectorySummary;
  /** BM25, higher is closer; comparable within one answer only. */
  readonly score: number;
  /** Telling words of the one asked about that this one holds too, and those that it lacks. */
  readonly sharedWords: readonly string[];
  readonly missingWords: readonly string[];
  /** Tools that both call, and that only one of them calls. */
  readonly sharedTools: readonly string[];
  readonly missingTools: readonly string[];
  readonly otherTools: readonly string[];
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
  /** Null for a content that is not stored. */
  readonly trajectoryId: string | null;
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

/** Trajectories that stay in the list whether or not the filter still lets them through: what somebody has just decided does not jump away. */
const keep = z.array(z.string().max(20)).max(10_000).optional();

/** What the call checker says of a content that is being edited. */
export interface ContentCheck {
  /** By index into the turns; assistant turns only. */
  readonly checks: Readonly<Record<number, CallCheck>>;
  /** Of the one turn asked for, by call: JSON pointer of a value to where it comes from. */
  readonly grounds: readonly Readonly<Record<string, ValueGround>>[];
  /** What is wrong with the schemas of the tools: index of the tool, JSON pointer into its parameters. */
  readonly toolFaults: readonly { readonly toolIndex: number; readonly pointer: string; readonly message: string }[];
}

/** How a trajectory is laid out in tokens. */
const layout = {
  /** `sample-base`, a run id, or a folder with a tokenizer. */
  model: z.string().default("sample-base"),
  maskMode: z.enum(MASK_MODES).default("allAssistantTurns"),
  maxLength: z.int().min(16).max(1_000_000).default(512),
  truncation: z.enum(TRUNCATIONS).default("pathWindows"),
  window: z.int().nonnegative().default(0),
};

export const trajectories = {
  list: oc
    .input(z.object({ filter: trajectoryFilterSchema, offset: z.int().nonnegative(), limit: z.int().min(1).max(500), keep }))
    .output(output<TrajectoryPage>()),
  facets: oc.input(z.object({ filter: trajectoryFilterSchema })).output(output<TrajectoryFacets>()),
  /** Looks up and counts what will be asked for next, while a filter is being typed; the answer to it is at hand then. */
  prepare: oc
    .input(z.object({ filter: trajectoryFilterSchema, withFacets: z.boolean().default(false) }))
    .output(output<{ readonly total: number }>()),
  get: oc.input(z.object({ id: z.string(), author: annotatorSchema.optional() })).output(output<TrajectoryDetail>()),
  /**
   * Certain fixes of each assistant turn, by its index: of the trajectory as it stands, or of the content that a page holds unsaved. `finding`
   * counts in the checks of `get`.
   */
  fixes: oc
    .input(z.object({ id: z.string(), content: trajectoryContentSchema.optional() }))
    .output(output<{ readonly fixes: Readonly<Record<number, readonly CallFix[]>> }>()),
  /** Position of a trajectory in a filtered list, so that the list can scroll to it; null if the filter leaves it out. */
  offsetOf: oc
    .input(z.object({ id: z.string(), filter: trajectoryFilterSchema, keep }))
    .output(output<{ readonly offset: number | null }>()),
  /** Trajectories whose turns hold most of its telling words, closest first. */
  similar: oc.input(z.object({ id: z.string(), limit: z.int().min(1).max(50).default(10) })).output(output<readonly SimilarTrajectory[]>()),
  tokens: oc.input(z.object({ id: z.string(), ...layout })).output(output<TokensOfTrajectory>()),
  /** The tokens of a content that is not stored: while it is edited. */
  tokensOf: oc.input(z.object({ content: trajectoryContentSchema, ...layout })).output(output<TokensOfTrajectory>()),
  /** Checks a content that is not stored: one turn as somebody types in it, with where its values come from, or all of them. */
  check: oc
    .input(z.object({ content: trajectoryContentSchema, turnIndex: z.int().nonnegative().optional() }))
    .output(output<ContentCheck>()),
};
