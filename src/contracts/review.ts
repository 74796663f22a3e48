/** @file Words of review: statuses, the label scheme, labels and notes. */
import { z } from "zod";

/** What was decided about a trajectory. A rejected one stays, and is not trained on. */
export const STATUSES = ["unreviewed", "accepted", "rejected", "flagged"] as const;
export type Status = (typeof STATUSES)[number];

export const LABEL_SCOPES = ["trajectory", "turn", "call", "span"] as const;
export type LabelScope = (typeof LABEL_SCOPES)[number];

const id = z.string().min(1).max(60);
const title = z.string().min(1).max(200);

export const labelQuestionSchema = z.object({
  id,
  title,
  kind: z.enum(["single", "multiple"]),
  scope: z.enum(LABEL_SCOPES),
  options: z.array(z.object({ id, title })).min(2).max(30),
});
export const labelSchemeSchema = z.object({ questions: z.array(labelQuestionSchema).max(40) });

export interface LabelOption {
  readonly id: string;
  readonly title: string;
}
export interface LabelQuestion {
  readonly id: string;
  readonly title: string;
  readonly kind: "single" | "multiple";
  readonly scope: LabelScope;
  readonly options: readonly LabelOption[];
}
export interface LabelScheme {
  readonly questions: readonly LabelQuestion[];
}

/** What a new workspace asks, until somebody changes it. */
export const DEFAULT_SCHEME: LabelScheme = {
  questions: [
    {
      id: "outcome",
      title: "Does it do what the user asked?",
      kind: "single",
      scope: "trajectory",
      options: [
        { id: "yes", title: "Yes" },
        { id: "partly", title: "Partly" },
        { id: "no", title: "No" },
      ],
    },
    {
      id: "call",
      title: "What is wrong with the call?",
      kind: "multiple",
      scope: "call",
      options: [
        { id: "tool", title: "Wrong tool" },
        { id: "argument", title: "Wrong argument" },
        { id: "needless", title: "Not needed" },
        { id: "early", title: "Should have asked first" },
      ],
    },
  ],
};

const place = z.int().nonnegative();
export const labelPlaceSchema = z.object({
  turn: place.optional(),
  call: place.optional(),
  part: z.enum(["content", "thought", "arguments", "answer"]).optional(),
  start: place.optional(),
  end: place.optional(),
});

/** Where a label or note sits; all absent: the whole trajectory. `start` and `end` count UTF-16 code units in the part's text. */
export interface LabelPlace {
  readonly turn?: number;
  readonly call?: number;
  readonly part?: "content" | "thought" | "arguments" | "answer";
  readonly start?: number;
  readonly end?: number;
}

/** The annotator of an answer that settles a disagreement. Nobody can have this name. */
export const ADJUDICATED = "=";

export interface Label {
  readonly annotator: string;
  readonly question: string;
  readonly place: LabelPlace;
  readonly options: readonly string[];
}

export interface Note {
  readonly author: string;
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
  readonly place?: LabelPlace;
}

export interface Annotations {
  readonly labels: readonly Label[];
  readonly notes: readonly Note[];
}

export const NO_ANNOTATIONS: Annotations = { labels: [], notes: [] };

/** How a person is known in a workspace. */
export const annotatorSchema = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine((name) => name !== ADJUDICATED, `"${ADJUDICATED}" stands for settled answers`);
