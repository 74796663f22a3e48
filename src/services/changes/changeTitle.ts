/** @file A change in words, as lists of changes and jobs name it. */
import type { LeaveOutOperation } from "#contracts/bulk.ts";
import { FAILURE_CODES } from "#contracts/calls.ts";
import type { FixKind } from "#contracts/contentParts.ts";
import type { Operation } from "#contracts/changes.ts";
import type { LabelScheme } from "#contracts/review.ts";
import { trajectoryIdOf } from "#store/ids.ts";

const STATUS_WORDS = { unreviewed: "Reopened", accepted: "Accepted", rejected: "Rejected", flagged: "Flagged" } as const;

/** "Rejected T-00012", "Moved 212 trajectories to test". Questions and answers are named as they are at the time of the change. */
export function changeTitle(operation: Operation, numChosen: number, first: number | undefined, scheme: () => LabelScheme): string {
  const them = numChosen === 1 && first !== undefined ? trajectoryIdOf(first) : `${numChosen.toLocaleString("en")} trajectories`;
  switch (operation.type) {
    case "status":
      return `${STATUS_WORDS[operation.status]} ${them}`;
    case "split":
      return `Moved ${them} to ${operation.split}`;
    case "resplit":
      return `Drew the splits of ${them} anew, by query`;
    case "assign":
      return operation.annotator === null ? `Took ${them} out of every queue` : `Assigned ${them} to ${operation.annotator}`;
    case "label": {
      const { question, options } = labelWords(operation, scheme());
      if (operation.adjudicate) return `Settled "${question}" of ${them}`;
      return options.length === 0
        ? `Took back the answer to "${question}" of ${them}`
        : `Answered "${question}" of ${them}: ${options.join(", ")}`;
    }
    case "replace":
      return `Replaced ${quoted(operation.find)} by ${quoted(operation.replacement)} in ${them}`;
    case "renameTool":
      return `Renamed tool ${operation.from} to ${operation.to} in ${them}`;
    case "renameParameter":
      return `Renamed parameter ${operation.from} of ${operation.tool} to ${operation.to} in ${them}`;
    case "defineTool":
      return `Defined tool ${operation.tool} anew in ${them}`;
    case "fix":
      return `Fixed ${FIX_WORDS[operation.fix]} in ${them}`;
    case "leaveOut":
      return `Left ${turnsInWords(operation)} out of the loss in ${them}`;
    case "note":
      return `Noted on ${them}: ${shortened(operation.text)}`;
  }
}

function turnsInWords({ turns }: LeaveOutOperation): string {
  if (turns.by === "text") return "the named turns";
  return turns.finding === "any"
    ? "turns with a finding"
    : `turns with ${turns.finding} (${FAILURE_CODES[turns.finding].title.toLowerCase()})`;
}

type Label = Extract<Operation, { type: "label" }>;

/** In the words of the scheme; what it no longer has keeps its id. */
function labelWords(
  { question, options }: Label,
  { questions }: LabelScheme,
): { readonly question: string; readonly options: readonly string[] } {
  const asked = questions.find(({ id }) => id === question);
  return {
    question: asked?.title ?? question,
    options: options.map((option) => asked?.options.find(({ id }) => id === option)?.title ?? option),
  };
}

const FIX_WORDS: Readonly<Record<FixKind, string>> = {
  toolName: "misspelled tools",
  parameterName: "misspelled parameters",
  numberFromText: "numbers written as text",
  enumSpelling: "spellings of listed values",
  closeJson: "unbalanced brackets",
  repeatedCall: "repeated calls",
};

const quoted = (text: string): string => (text === "" ? "nothing" : `"${shortened(text)}"`);
const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
