/** @file A change in words, as lists of changes and jobs name it. */
import type { FixKind } from "#contracts/bulk.ts";
import type { Operation } from "#contracts/changes.ts";
import { trajectoryIdOf } from "#store/ids.ts";

const STATUS_WORDS = { unreviewed: "Reopened", accepted: "Accepted", rejected: "Rejected", flagged: "Flagged" } as const;

/** "Rejected T-00012", "Moved 212 trajectories to test". */
export function changeTitle(operation: Operation, numChosen: number, first: number | undefined): string {
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
    case "label":
      if (operation.adjudicate) return `Settled "${operation.question}" of ${them}`;
      return operation.options.length === 0
        ? `Took back the answer to "${operation.question}" of ${them}`
        : `Answered "${operation.question}" of ${them}: ${operation.options.join(", ")}`;
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
    case "note":
      return `Noted on ${them}: ${shortened(operation.text)}`;
  }
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
