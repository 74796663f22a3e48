/** @file What an edit did, in one line for a history. */
import type { ContentDifference, TurnChange } from "./diffContents.ts";

const PARTS = {
  content: "text",
  thought: "thought",
  answer: "answer",
  raw: "text",
  call: "call",
  name: "tool",
  callId: "call id",
  target: "training",
  other: "other fields",
} as const;

const MAX_NAMED = 4;

/** "Changed the call of turn 3, removed turn 5": turns counted from 1, as each side counts them. Empty where nothing differs. */
export function describeDifference({ turns, tools, isToolOrderChanged, metadata }: ContentDifference): string {
  const words = turns.flatMap((change) => wordsOf(change));
  for (const { kind, name } of tools) words.push(`${kind} the tool ${name}`);
  if (isToolOrderChanged) words.push("reordered the tools");
  if (words.length === 0 && metadata.length > 0) words.push("changed facts of the source");
  if (words.length > MAX_NAMED) words.splice(MAX_NAMED - 1, words.length, `${words.length - MAX_NAMED + 1} more`);
  const line = words.join(", ");
  return line === "" ? "" : `${line[0]!.toUpperCase()}${line.slice(1)}`;
}

function wordsOf(change: TurnChange): readonly string[] {
  switch (change.kind) {
    case "same":
      return [];
    case "added":
      return [
        change.movedFrom === undefined ? `added turn ${change.after + 1}` : `moved turn ${change.movedFrom + 1} to ${change.after + 1}`,
      ];
    case "removed":
      return change.movedTo === undefined ? [`removed turn ${change.before + 1}`] : [];
    case "changed": {
      const parts = [...new Set(change.parts.map(({ part }) => PARTS[part]))];
      return [`changed the ${parts.join(" and ")} of turn ${change.after + 1}`];
    }
  }
}
