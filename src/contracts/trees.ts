/** @file ToolBench search trees as they are shown: what was tried for one query, how each try ended, and which one is the trajectory. */
import type { LedgerChange } from "./imports.ts";
import type { Turn } from "./trajectory.ts";

/**
 * What ToolBench's environment answered a call with (`inference/Downstream_tasks/rapidapi.py`, OpenBMB/ToolBench @ d56fdd8), in words.
 */
export const OBSERVATION_CODES: Readonly<Record<number, string>> = {
  0: "answered",
  1: "no such tool",
  2: "arguments not accepted",
  3: "final answer given",
  4: "gave up to start again",
  5: "timed out",
  6: "not found (404)",
  7: "not subscribed",
  8: "not authorised",
  9: "too many requests",
  10: "rate limit reached",
  11: "answer holds an error",
  12: "request could not be sent",
};

/** A thought, or a call with its arguments and what came back. ToolBench's Action and Action Input are one call here. */
export interface TreeNode {
  /** Place in the file's tree, counted from 0 in the order of the file. */
  readonly id: number;
  readonly parent: number | null;
  /** Steps from the start. */
  readonly level: number;
  readonly kind: "start" | "thought" | "call";
  /** The thought, or the arguments as recorded. */
  readonly text: string;
  readonly toolName: string | null;
  readonly result: { readonly text: string; readonly code: number | null; readonly words: string } | null;
  /** The search did not go on from here. */
  readonly isPruned: boolean;
  /** The call came back with an error. */
  readonly isFailed: boolean;
  readonly ending: "answered" | "gave-up" | null;
  readonly numChildren: number;
}

export interface SearchTree {
  /** In the order of the file; a node after its parent. */
  readonly nodes: readonly TreeNode[];
  /** Nodes as ToolBench counts them. */
  readonly numRecorded: number;
  /** The leaf whose branch ToolBench trained on; null where its path does not lie in the tree. */
  readonly recordedLeaf: number | null;
  /** The leaf whose branch is the trajectory now; null as above. */
  readonly chosenLeaf: number | null;
}

/** What choosing a branch would make. */
export interface BranchPreview {
  readonly leaf: number;
  readonly turns: readonly Turn[];
  /** ToolBench's training rows of this branch. */
  readonly rows: readonly {
    readonly id: string;
    readonly conversations: readonly { readonly from: string; readonly value: string }[];
  }[];
  readonly changes: readonly LedgerChange[];
}
