/** @file What enters a batch: token ids, segments, loss mask, and the record of what truncation removed. */
import type { TrajectoryId } from "./trajectory.ts";

/** The ten segments, in the order of their stored codes (a `Uint8` per token). */
export const SEGMENTS = [
  "system",
  "tools",
  "user",
  "thought",
  "toolName",
  "argumentKey",
  "argumentValue",
  "result",
  "finalAnswer",
  "stop",
] as const;
export type Segment = (typeof SEGMENTS)[number];

/** What the loss counts. `everything` is full-sequence language modelling. */
export const MASK_MODES = ["allAssistantTurns", "lastAssistantTurn", "everything"] as const;
export type MaskMode = (typeof MASK_MODES)[number];

/**
 * What happens to a trajectory that is longer than the window.
 * - `pathWindows`: turns trained on that end within the window keep all that comes before them; later ones share windows of the task and the
 *   steps right before them.
 * - `oneWindow`: the whole trajectory is condensed into one window, and refused where its targets do not fit.
 */
export const TRUNCATIONS = ["pathWindows", "oneWindow"] as const;
export type Truncation = (typeof TRUNCATIONS)[number];

/** One removal made so that an example fits its window. Targets are never removed. */
export interface TruncationCut {
  readonly kind: "parameterDescriptions" | "unusedTool" | "longResult" | "oldestTurn" | "systemText" | "toolDescription" | "laterTurn";
  readonly what: string;
  readonly numTokens: number;
}

/** Length T: `inputIds`, `lossMask` and `segments` are aligned. */
export interface TokenizedExample {
  readonly trajectoryId: TrajectoryId;
  readonly inputIds: Int32Array;
  /** 1 = counted in the loss. Aligned with `inputIds` and unshifted; position 0 is always 0. */
  readonly lossMask: Uint8Array;
  /** Index into `SEGMENTS`. */
  readonly segments: Uint8Array;
  /** Index into the trajectory's turns for each token; -1 for tokens of no turn (start token, tools). */
  readonly turnIndices: Int16Array;
  /** How much the tokens of a turn count in the loss, by its index, where that is not once. */
  readonly turnWeights?: Readonly<Record<number, number>>;
  readonly cuts: readonly TruncationCut[];
  /** Length before truncation, in tokens. */
  readonly fullLength: number;
}

export interface ExampleRefusal {
  readonly ok: false;
  readonly code: string;
  readonly reason: string;
}
export type ExampleOutcome = { readonly ok: true; readonly example: TokenizedExample } | ExampleRefusal;
