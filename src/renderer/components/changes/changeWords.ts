/** @file Changes of many trajectories in words: buttons with their exact number, places of hits. */
import type { ContentHit, ContentOperation } from "#contracts/bulk.ts";
import type { HitPart } from "#contracts/contentParts.ts";
import type { Operation } from "#contracts/changes.ts";
import type { PreviewCounts } from "#contracts/preview.ts";
import { formatCount, plural } from "../../format/numbers.ts";

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
  loss: "loss",
};

export const isContentOperation = (operation: Operation): operation is ContentOperation =>
  ["replace", "renameTool", "renameParameter", "defineTool", "fix", "leaveOut"].includes(operation.type);

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
  const them = trajectories(numChanged);
  if (operation.type === "leaveOut") return `Leave ${plural(numHits, "turn", "turns")} out in ${them}`;
  const verb = { replace: "Replace", renameTool: "Rename", renameParameter: "Rename", defineTool: "Change", fix: "Fix" }[operation.type];
  return `${verb} ${plural(numHits, "place", "places")} in ${them}`;
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
