/** @file One trajectory edited: saved as a revision, kept as a draft meanwhile, brought back from its history. */
import type { Change } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import type { TrajectoryState } from "#store/index.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "../core.ts";
import { cleanContent } from "./cleanContent.ts";
import { shown, trajectoriesChanged, type Author } from "./changeTrajectories.ts";

export interface Revised {
  readonly revision: number;
  /** Null where nothing differs. */
  readonly change: Change | null;
}

interface Edit extends Author {
  readonly id: string;
  readonly baseRevision: number;
  readonly content: TrajectoryContent;
  /** Default: an edit by hand. */
  readonly kind?: string;
  readonly title?: string;
}

/** @throws E_EDIT_CONFLICT where somebody changed the content since `baseRevision`, E_TAKEN_BACK */
export function reviseTrajectory(core: Core, edit: Edit): Revised {
  const { store } = core;
  const number = requireNumber("trajectory", edit.id);
  const content = cleanContent(edit.content);
  return revise(core, number, edit, { kind: edit.kind ?? "edit", title: edit.title ?? `Edited ${edit.id}` }, (now) => {
    const base = store.changes.stateAt(number, edit.baseRevision);
    const contentId = store.contents.write(content, summaryOf(content));
    store.drafts.remove(number, edit.author);
    if (contentId === now.contentId) return now;
    if (base.contentId !== now.contentId) {
      const author = store.changes.contentAuthorSince(number, edit.baseRevision) ?? "Somebody";
      throw new AppError("E_EDIT_CONFLICT", { author, trajectory: edit.id, revision: now.revision });
    }
    return { ...now, contentId };
  });
}

export function restoreRevision(
  core: Core,
  { id, revision, ...author }: Author & { readonly id: string; readonly revision: number },
): Revised {
  const number = requireNumber("trajectory", id);
  const words = { kind: "restore", title: `Brought back revision ${revision} of ${id}` };
  // what it was is brought back; that it is there is not part of that
  return revise(core, number, author, words, () => ({ ...core.store.changes.stateAt(number, revision), isRemoved: false }));
}

function revise(
  core: Core,
  number: number,
  { author, reason, request }: Author,
  { kind, title }: { readonly kind: string; readonly title: string },
  nextOf: (now: TrajectoryState & { readonly revision: number }) => TrajectoryState,
): Revised {
  const { store } = core;
  const known = request === undefined ? null : store.changes.byRequest(request);
  if (known !== null) return { revision: store.changes.state(number).revision, change: shown(known) };
  const changeId = inTransaction(core, () => {
    const next = nextOf(store.changes.presentState(number));
    const id = store.changes.start({ kind, title, author, reason, request, at: new Date().toISOString() });
    store.changes.revise(store.changes.get(id), number, next);
    store.changes.finish(id);
    return id;
  });
  trajectoriesChanged(core);
  const change = store.changes.get(changeId);
  return { revision: store.changes.state(number).revision, change: change.numTrajectories === 0 ? null : shown(change) };
}

/** Contents remember which parts were written: what was rolled back is forgotten. */
export function inTransaction<T>(core: Core, work: () => T): T {
  try {
    return core.store.transaction(work);
  } catch (error) {
    core.store.contents.forgetParts();
    throw error;
  }
}

export function saveDraft(core: Core, { id, author, baseRevision, content }: Omit<Edit, "reason">): { readonly at: string } {
  const number = requireNumber("trajectory", id);
  core.store.changes.presentState(number);
  core.store.changes.stateAt(number, baseRevision);
  const at = new Date().toISOString();
  core.store.drafts.save(number, author, { baseRevision, content, at });
  return { at };
}

export function dropDraft(core: Core, { id, author }: { readonly id: string; readonly author: string }): { readonly dropped: true } {
  core.store.drafts.remove(requireNumber("trajectory", id), author);
  return { dropped: true };
}

/** The content that a revision had. */
export function contentOfRevision(core: Core, id: string, revision: number): TrajectoryContent {
  const state = core.store.changes.stateAt(requireNumber("trajectory", id), revision);
  return core.store.contents.read(state.contentId).content;
}

export const historyOf = (core: Core, id: string) => core.store.changes.history(requireNumber("trajectory", id));
