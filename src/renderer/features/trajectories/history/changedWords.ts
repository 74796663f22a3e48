/** @file What a revision changed, in words. */
import type { RevisionEntry, StateField } from "#contracts/changes.ts";
import { STATUS_WORDS } from "../../../components/statusWords.ts";

/** "status to Accepted, split to test". */
export function changedWords({
  changed,
  status,
  split,
  assignee,
  isRemoved,
}: Pick<RevisionEntry, "changed" | "status" | "split" | "assignee" | "isRemoved">): string {
  const words: Readonly<Record<StateField, string>> = {
    content: "turns or tools",
    split: `split to ${split}`,
    status: `status to ${STATUS_WORDS[status]}`,
    assignee: assignee === null ? "out of every queue" : `into the queue of ${assignee}`,
    annotations: "labels or notes",
    presence: isRemoved ? "taken back" : "there again",
  };
  return changed.map((field) => words[field]).join(", ");
}
