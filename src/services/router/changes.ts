/** @file Procedures of changes, editing and review. */
import { chooseSecondPass, listDisagreements, readAgreement } from "../agreement.ts";
import { changeTrajectories, reverseChange, shown } from "../changes/changeTrajectories.ts";
import { readPreview, startPreview } from "../changes/previewChange.ts";
import { contentOfRevision, dropDraft, historyOf, restoreRevision, reviseTrajectory, saveDraft } from "../changes/reviseTrajectory.ts";
import { writeTrajectory } from "../changes/writeTrajectory.ts";
import { startFreeze } from "../freezeVersion.ts";
import { listConflicts, resolveConflict, startMerge } from "../merge/startMerge.ts";
import { addAnnotator, listAnnotators, readScheme, writeScheme } from "../review.ts";
import { base } from "./base.ts";

const orNull = <T>(value: T | null, show: (value: T) => Omit<T, "operation">) => (value === null ? null : show(value));

export const changes = {
  recent: base.changes.recent.handler(({ context, input }) => context.core.store.changes.recent(input.limit, input.before).map(shown)),
  next: base.changes.next.handler(({ context, input }) => ({
    undo: orNull(context.core.store.changes.next(input.author, "undo"), shown),
    redo: orNull(context.core.store.changes.next(input.author, "redo"), shown),
  })),
  preview: base.changes.preview.handler(({ context, input }) => startPreview(context.core, input.selection, input.operation)),
  previewPage: base.changes.previewPage.handler(({ context, input: { id, offset, limit } }) =>
    readPreview(context.core, id, offset, limit),
  ),
  apply: base.changes.apply.handler(({ context, input }) => changeTrajectories(context.core, input.selection, input.operation, input)),
  undo: base.changes.undo.handler(({ context, input }) => reverseChange(context.core, "undo", input)),
  redo: base.changes.redo.handler(({ context, input }) => reverseChange(context.core, "redo", input)),
  skipped: base.changes.skipped.handler(({ context, input }) => context.core.store.changes.skipped(input.id, input.limit)),
};

export const editing = {
  write: base.editing.write.handler(({ context, input }) => writeTrajectory(context.core, input)),
  revise: base.editing.revise.handler(({ context, input }) => reviseTrajectory(context.core, input)),
  restore: base.editing.restore.handler(({ context, input }) => restoreRevision(context.core, input)),
  saveDraft: base.editing.saveDraft.handler(({ context, input }) => saveDraft(context.core, input)),
  dropDraft: base.editing.dropDraft.handler(({ context, input }) => dropDraft(context.core, input)),
  history: base.editing.history.handler(({ context, input }) => historyOf(context.core, input.id)),
  revision: base.editing.revision.handler(({ context, input }) => contentOfRevision(context.core, input.id, input.revision)),
};

export const merging = {
  start: base.merging.start.handler(({ context, input }) => ({ jobId: startMerge(context.core, input).id })),
  conflicts: base.merging.conflicts.handler(({ context, input }) => listConflicts(context.core, input.offset, input.limit)),
  resolve: base.merging.resolve.handler(({ context, input }) => resolveConflict(context.core, input)),
};

export const annotators = {
  list: base.annotators.list.handler(({ context }) => listAnnotators(context.core)),
  add: base.annotators.add.handler(({ context, input }) => addAnnotator(context.core, input.name)),
};

export const review = {
  scheme: base.review.scheme.handler(({ context }) => readScheme(context.core)),
  setScheme: base.review.setScheme.handler(({ context, input }) => writeScheme(context.core, input)),
  agreement: base.review.agreement.handler(({ context, signal }) => readAgreement(context.core, signal)),
  disputed: base.review.disputed.handler(({ context, input }) => listDisagreements(context.core, input.offset, input.limit)),
  secondPass: base.review.secondPass.handler(({ context, input }) => chooseSecondPass(context.core, input)),
};

export const versions = {
  list: base.versions.list.handler(({ context }) => context.core.store.dataVersions.list()),
  freeze: base.versions.freeze.handler(({ context, input }) => ({ jobId: startFreeze(context.core, input).id })),
  diff: base.versions.diff.handler(({ context, input: { one, other, offset, limit } }) =>
    context.core.store.dataVersions.diff(one, other, offset, limit),
  ),
};
