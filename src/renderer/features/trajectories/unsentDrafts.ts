/** @file Edits that the core has not got yet, kept by the browser when their page goes: a core that was killed cannot be told. */
import type { TrajectoryContent } from "#contracts/trajectory.ts";

export interface UnsentDraft {
  readonly baseRevision: number;
  readonly content: TrajectoryContent;
  /** ISO 8601. */
  readonly at: string;
}
export interface DraftPlace {
  /** Path of the workspace: trajectories of another have the same ids. */
  readonly workspace: string;
  readonly id: string;
  readonly author: string;
}

const keyOf = ({ workspace, id, author }: DraftPlace): string => `callsmith.draft ${JSON.stringify([workspace, author, id])}`;

export function keepUnsent(place: DraftPlace, draft: UnsentDraft): void {
  try {
    localStorage.setItem(keyOf(place), JSON.stringify(draft));
  } catch {
    // full: what the core was told last is all there is
  }
}

export function readUnsent(place: DraftPlace): UnsentDraft | null {
  try {
    const { baseRevision, content, at } = JSON.parse(localStorage.getItem(keyOf(place)) ?? "null") as UnsentDraft;
    return Array.isArray(content.turns) && Array.isArray(content.tools) ? { baseRevision, content, at } : null;
  } catch {
    return null;
  }
}

export function dropUnsent(place: DraftPlace): void {
  try {
    localStorage.removeItem(keyOf(place));
  } catch {
    // no storage: nothing was kept
  }
}

/** The later of what the browser and what the core kept. */
export function laterDraft(unsent: UnsentDraft | null, kept: UnsentDraft | null): UnsentDraft | null {
  if (unsent === null || kept === null) return unsent ?? kept;
  return unsent.at > kept.at ? unsent : kept;
}
