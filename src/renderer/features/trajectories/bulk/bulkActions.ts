/** @file Bulk actions: which there are, and what their forms say. */
import { FIX_KINDS, type FixKind, type TextPart } from "#contracts/contentParts.ts";

export const BULK_ACTIONS = ["status", "split", "assign", "label", "replace", "renameTool", "renameParameter", "fix", "leaveOut"] as const;
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
  leaveOut: "Leave turns out of the loss",
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
