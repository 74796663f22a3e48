/** @file Words of review: statuses, the label scheme, labels and notes. */

/** What was decided about a trajectory. A rejected one stays, and is not trained on. */
export const STATUSES = ["unreviewed", "accepted", "rejected", "flagged"] as const;
export type Status = (typeof STATUSES)[number];

export const LABEL_SCOPES = ["trajectory", "turn", "call", "span"] as const;
export type LabelScope = (typeof LABEL_SCOPES)[number];

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

export const LONGEST_ANNOTATOR_NAME = 60;

/** Whether a person can be known so in a workspace; spaces around it do not count. */
export function isAnnotatorName(text: string): boolean {
  const name = text.trim();
  return name !== "" && name.length <= LONGEST_ANNOTATOR_NAME && name !== ADJUDICATED;
}
