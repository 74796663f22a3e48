/** @file The parts of a content that changes over many trajectories look into, and the faults that they put right. */

/** Where text is looked for. `unreadable`: assistant texts that leave the call grammar, and arguments that are no JSON. */
export const TEXT_PARTS = [
  "system",
  "user",
  "thought",
  "toolName",
  "argumentKey",
  "argumentValue",
  "result",
  "answer",
  "tools",
  "unreadable",
] as const;
export type TextPart = (typeof TEXT_PARTS)[number];
/** Beside them the tool's name at a result; a call with its result as a whole; `loss`: whether a turn is trained on. */
export type HitPart = TextPart | "resultName" | "call" | "loss";

/** Fixes of which there is no second opinion: applied wherever the call checker finds the fault. */
export const FIX_KINDS = ["toolName", "parameterName", "numberFromText", "enumSpelling", "closeJson", "repeatedCall"] as const;
export type FixKind = (typeof FIX_KINDS)[number];
