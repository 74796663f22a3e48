/** @file The one place where an edited content is sent to be kept. */
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import type { Client } from "./client.ts";

export interface Edited {
  readonly id: string;
  /** The revision that was edited. */
  readonly baseRevision: number;
  readonly content: TrajectoryContent;
  readonly author: string;
}

/** @throws E_EDIT_CONFLICT where somebody changed the trajectory since */
export async function saveContent(client: Client, edited: Edited, reason: string): Promise<{ readonly revision: number }> {
  // a second answer to the same wish changes nothing
  return client.editing.revise({ ...plain(edited), reason, request: crypto.randomUUID() });
}

export async function saveDraft(client: Client, edited: Edited): Promise<{ readonly at: string }> {
  return client.editing.saveDraft(plain(edited));
}

/** A stored trajectory carries its id and split; a content does not. */
function plain({ id, baseRevision, author, content: { tools, turns, targets, metadata } }: Edited) {
  const content = { tools, turns, ...(targets === undefined ? {} : { targets }), metadata };
  // the procedure's schema knows no readonly
  return { id, baseRevision, author, content: content as Parameters<Client["editing"]["revise"]>[0]["content"] };
}

export const contentForCore = (content: TrajectoryContent): Parameters<Client["editing"]["revise"]>[0]["content"] =>
  plain({ id: "", baseRevision: 1, author: "", content }).content;
