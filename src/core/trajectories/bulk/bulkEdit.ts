/** @file The door of bulk edits: what an operation makes of a content, with every place that it changes. Pure. */
import type { ContentHit, ContentOperation } from "#contracts/bulk.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { faultOfTurn } from "../edit/turnFaults.ts";
import { prepareFix } from "./applyFix.ts";
import { prepareDefineTool } from "./defineTool.ts";
import { prepareLeaveOut } from "./leaveOut.ts";
import { prepareRenameParameter } from "./renameParameter.ts";
import { prepareRenameTool } from "./renameTool.ts";
import { prepareReplace } from "./replaceText.ts";

export type BulkOutcome = { readonly skip: string } | BulkChange;

export interface BulkChange {
  /** The same object where there is nothing to change. */
  readonly content: TrajectoryContent;
  readonly hits: readonly ContentHit[];
  /** Matches in text that cannot be read, left as they are because that part was not asked for. */
  readonly numLeft: number;
  /** Turns and calls that are gone, where there are any: places of labels move by them. */
  readonly removed?: readonly RemovedPlace[];
}

/** A whole turn, or one of its calls. */
export interface RemovedPlace {
  readonly turn: number;
  readonly call?: number;
}

/** What an edit may need to know beside the content. */
export interface BulkContext {
  /** Every tool of the workspace, to tell "not offered" from "invented"; absent: only those that a trajectory offers. */
  readonly knownTools?: ReadonlySet<string>;
}

/** The id tells turns apart that were named by their trajectory. */
export type BulkEdit = (content: TrajectoryContent, trajectoryId?: string) => BulkOutcome;

/**
 * Prepares an operation once for all contents it is applied to.
 *
 * @throws E_OPERATION_INVALID naming what of it cannot be used
 */
export function prepareBulkEdit(operation: ContentOperation, context: BulkContext = {}): BulkEdit {
  const edit = prepare(operation, context);
  return (content, trajectoryId = "") => {
    const outcome = edit(content, trajectoryId);
    const fault = "skip" in outcome || outcome.removed !== undefined ? null : newFault(content, outcome.content);
    return fault === null ? outcome : { skip: fault };
  };
}

/** A text that the grammar would read as something else than what was edited: not what anybody asked for. */
function newFault(before: TrajectoryContent, after: TrajectoryContent): string | null {
  if (before === after) return null;
  for (const [i, turn] of after.turns.entries()) {
    if (turn === before.turns[i]) continue;
    const fault = faultOfTurn(turn);
    if (fault !== null && faultOfTurn(before.turns[i]!) === null) return `turn ${i + 1} would not hold: ${fault}`;
  }
  return null;
}

function prepare(operation: ContentOperation, context: BulkContext): (content: TrajectoryContent, trajectoryId: string) => BulkOutcome {
  switch (operation.type) {
    case "replace":
      return prepareReplace(operation);
    case "renameTool":
      return prepareRenameTool(operation);
    case "renameParameter":
      return prepareRenameParameter(operation);
    case "defineTool":
      return prepareDefineTool(operation);
    case "fix":
      return prepareFix(operation);
    case "leaveOut":
      return prepareLeaveOut(operation, context);
  }
}
