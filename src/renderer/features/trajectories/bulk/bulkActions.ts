/** @file Bulk actions in words: names, buttons with their exact number, places of hits. */
import { FIX_KINDS, type ContentHit, type ContentOperation, type FixKind, type HitPart, type TextPart } from "#contracts/bulk.ts";
import type { Operation } from "#contracts/changes.ts";
import type { PreviewCounts } from "#contracts/preview.ts";
import { formatCount, plural } from "../../../format/numbers.ts";

export const BULK_ACTIONS = ["status", "split", "assign", "label", "replace", "renameTool", "renameParameter", "fix"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const ACTION_WORDS: Readonly<Record<BulkAction, string>> = {
  status: "Set status",
  split: "Move to a split",
  assign: "Assign",
  label: "Label",
  replace: "Replace text",
  renameTool: "Rename a tool",
  renameParameter: "Rename a parameter",
  fix: "Fix what is certain",
};

export const PART_WORDS: Readonly<Record<HitPart, string>> = {
  system: "system",
  user: "user",
  thought: "thought",
  toolName: "tool of a call",
  argumentKey: "argument name",
  argumentValue: "argument value",
  result: "result",
  answer: "answer",
  tools: "tool definition",
  unreadable: "text that cannot be read",
  resultName: "tool of a result",
  call: "call",
};
/** Ticked to begin with: what a person reads. */
export const FIRST_PARTS: readonly TextPart[] = ["user", "thought", "argumentValue", "result", "answer"];

export const FIX_TITLES: Readonly<Record<FixKind, string>> = {
  toolName: "Misspelled tools: call the one offered tool within two letters",
  parameterName: "Misspelled argument names: take the missing required one within two letters",
  numberFromText: 'Numbers written as text: "7" becomes 7 where a number is asked for',
  enumSpelling: "Values of a list in another spelling: take the list's",
  closeJson: "Unbalanced brackets: close or remove them where there is one way",
  repeatedCall: "Repeated calls with the same result: remove both",
};
export const FIX_ORDER: readonly FixKind[] = FIX_KINDS;

export const isContentOperation = (operation: Operation): operation is ContentOperation =>
  ["replace", "renameTool", "renameParameter", "defineTool", "fix"].includes(operation.type);

const STATUS_VERBS = { unreviewed: "Reopen", accepted: "Accept", rejected: "Reject", flagged: "Flag" } as const;
const trajectories = (count: number): string => plural(count, "trajectory", "trajectories");

/** What the button of an action does, with its number. */
export function buttonWords(operation: Operation, count: number): string {
  const them = trajectories(count);
  switch (operation.type) {
    case "status":
      return `${STATUS_VERBS[operation.status]} ${them}`;
    case "split":
      return `Move ${them} to ${operation.split}`;
    case "assign":
      return operation.annotator === null ? `Take ${them} out of every queue` : `Assign ${them} to ${operation.annotator}`;
    case "label":
      return `Label ${them}`;
    default:
      return `Change ${them}`;
  }
}

/** The same of an action whose places were looked up. */
export function changeWords(operation: ContentOperation, { numHits, numChanged }: PreviewCounts): string {
  const verb = { replace: "Replace", renameTool: "Rename", renameParameter: "Rename", defineTool: "Change", fix: "Fix" }[operation.type];
  return `${verb} ${plural(numHits, "place", "places")} in ${trajectories(numChanged)}`;
}

/** "1,206 tool definitions, 30 calls" as a list of counts, largest first. */
export function partCounts(hitsByPart: PreviewCounts["hitsByPart"]): string {
  const counted = (Object.entries(hitsByPart) as [HitPart, number][]).sort(([, a], [, b]) => b - a);
  return counted.map(([part, count]) => `${PART_WORDS[part]} ${formatCount(count)}`).join(", ");
}

export function placeWords({ turn, call, part }: ContentHit): string {
  const where = turn === null ? "" : `turn ${turn + 1}${call === undefined || call === 0 ? "" : `, call ${call + 1}`}, `;
  return `${where}${PART_WORDS[part]}`;
}
