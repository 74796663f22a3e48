/** @file One trajectory being edited: the content as it stands, its draft in the core, saving it, and what somebody else did meanwhile. */
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { type AppError } from "#contracts/errors.ts";
import type { TrajectoryDetail } from "#contracts/procedures/trajectories.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { describeDifference } from "#core/trajectories/describeDifference.ts";
import { diffContents } from "#core/trajectories/diffContents.ts";
import { mergeContents, settleConflicts, type Choice, type MergedContents } from "#core/trajectories/mergeContents.ts";
import { saveContent, saveDraft } from "../../transport/saveContent.ts";
import { dropUnsent, keepUnsent, laterDraft, readUnsent, type DraftPlace } from "./unsentDrafts.ts";
import { useContentCheck } from "../../transport/useContentCheck.ts";
import { useClient } from "../../transport/client.ts";
import { toAppError } from "../../transport/toAppError.ts";
import { useWorkbench } from "../../transport/workbench.ts";
import { showToast } from "../../ui/toasts.ts";

const DRAFT_PAUSE_MS = 800;
/** Who types without a pause has a draft no older than this. */
const OLDEST_DRAFT_MS = 3000;
/** Changes of one turn within this time are one step back. */
const STEP_MS = 1200;
const MAX_STEPS = 200;

/**
 * Edits of trajectories that were left: a draft takes a moment to be kept, and what was read ahead does not have it yet. By id and author.
 */
const leftEdits = new Map<string, { readonly baseRevision: number; readonly content: TrajectoryContent; readonly at: string }>();

export interface Conflict {
  readonly error: AppError;
  readonly theirs: TrajectoryContent;
  /** The revision that theirs is. */
  readonly revision: number;
  readonly merged: MergedContents;
}

export function useTrajectoryEditing(options: {
  readonly detail: () => TrajectoryDetail;
  readonly author: () => string | undefined;
  /** The trajectory was saved. */
  readonly onSaved: () => void;
}) {
  const client = useClient();
  const workbench = useWorkbench();
  const id = options.detail().trajectory.id;
  /** What was saved last, until it has been read again. */
  const saved = shallowRef<TrajectoryContent | null>(null);
  const stored = computed<TrajectoryContent>(() => saved.value ?? options.detail().trajectory);
  /** Null while nothing differs from what is stored. */
  const working = shallowRef<TrajectoryContent | null>(null);
  const baseRevision = ref(options.detail().revision.number);
  const turnIndex = ref<number | null>(null);
  const steps = shallowRef<readonly { readonly content: TrajectoryContent | null; readonly turn: number | null; readonly at: number }[]>(
    [],
  );
  const error = shallowRef<AppError | null>(null);
  const conflict = shallowRef<Conflict | null>(null);
  const isSaving = ref(false);
  const draftAt = ref<string | null>(null);
  let draftTimer: ReturnType<typeof setTimeout> | undefined;
  /** Milliseconds since the epoch at the first change that no draft has; 0: there is none. */
  let waitingSince = 0;
  /** The draft that was taken up, while it is as it was. */
  let adopted: TrajectoryContent | null = null;
  /** What the core has said that it keeps. */
  let kept: TrajectoryContent | null = null;

  const content = computed<TrajectoryContent>(() => working.value ?? stored.value);
  const isChanged = computed(() => working.value !== null);
  const summary = computed(() => (working.value === null ? "" : describeDifference(diffContents(stored.value, working.value))));
  const check = useContentCheck(() => ({ content: content.value, turnIndex: turnIndex.value, isChanged: isChanged.value }));
  const checks = computed(() => ({ ...options.detail().checks, ...check.value?.checks }));

  const leftKey = (): string => JSON.stringify([id, options.author() ?? ""]);
  const place = (): DraftPlace => ({ workspace: workbench.workspace?.path ?? "", id, author: options.author() ?? "" });
  // what was left unsaved the last time is taken up again
  watch(
    () => leftEdits.get(leftKey()) ?? laterDraft(readUnsent(place()), options.detail().draft),
    (draft) => {
      // which workspace it is may be known only now, and with it what the browser kept: nothing was typed since
      if (draft === null || (working.value !== null && (working.value !== adopted || draft.at === draftAt.value))) return;
      adopted = draft.content;
      working.value = draft.content;
      baseRevision.value = draft.baseRevision;
      draftAt.value = draft.at;
      if (draft !== options.detail().draft) keepSoon();
    },
    { immediate: true },
  );
  watch(options.detail, (detail) => {
    saved.value = null;
    if (working.value === null) baseRevision.value = detail.revision.number;
  });

  async function keepDraft(): Promise<void> {
    clearTimeout(draftTimer);
    draftTimer = undefined;
    waitingSince = 0;
    const [author, edited] = [options.author(), working.value];
    if (edited === null || author === undefined) return;
    try {
      const { at } = await saveDraft(client, { id, baseRevision: baseRevision.value, content: edited, author });
      if (error.value?.code === "E_CONNECTION_LOST") error.value = null;
      if (working.value !== edited) return;
      kept = edited;
      draftAt.value = at;
      dropUnsent(place());
    } catch (thrown) {
      error.value = toAppError(thrown);
      // it waits until there is a connection again
      if (error.value.code === "E_CONNECTION_LOST") keepSoon();
    }
  }
  function keepSoon(): void {
    if (waitingSince === 0) waitingSince = Date.now();
    clearTimeout(draftTimer);
    draftTimer = setTimeout(() => void keepDraft(), Math.max(0, Math.min(DRAFT_PAUSE_MS, waitingSince + OLDEST_DRAFT_MS - Date.now())));
  }
  /** The page goes, and the core may be gone already. */
  function leavePage(): void {
    if (working.value === null || working.value === kept) return;
    keepUnsent(place(), { baseRevision: baseRevision.value, content: working.value, at: new Date().toISOString() });
  }
  window.addEventListener("pagehide", leavePage);
  onScopeDispose(() => {
    window.removeEventListener("pagehide", leavePage);
    if (working.value !== null) {
      leftEdits.set(leftKey(), { baseRevision: baseRevision.value, content: working.value, at: new Date().toISOString() });
    }
    if (draftTimer !== undefined) void keepDraft();
  });

  function change(next: TrajectoryContent, turn: number | null = turnIndex.value): void {
    const last = steps.value.at(-1);
    const isSameStep = last !== undefined && last.turn === turn && turnIndex.value === turn && Date.now() - last.at < STEP_MS;
    if (!isSameStep || next.turns.length !== content.value.turns.length) {
      steps.value = [...steps.value.slice(1 - MAX_STEPS), { content: working.value, turn: turnIndex.value, at: Date.now() }];
    } else steps.value = [...steps.value.slice(0, -1), { ...last, at: Date.now() }];
    working.value = next;
    turnIndex.value = turn;
    keepSoon();
  }

  function stepBack(): void {
    const last = steps.value.at(-1);
    if (last === undefined) return;
    steps.value = steps.value.slice(0, -1);
    if (turnIndex.value !== null) turnIndex.value = last.turn;
    if (last.content === null) void dropDraft();
    else {
      working.value = last.content;
      keepSoon();
    }
  }

  async function dropDraft(): Promise<void> {
    forget();
    const author = options.author();
    if (author === undefined) return;
    try {
      await client.editing.dropDraft({ id, author });
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }
  function forget(): void {
    clearTimeout(draftTimer);
    draftTimer = undefined;
    waitingSince = 0;
    leftEdits.delete(leftKey());
    dropUnsent(place());
    working.value = null;
    steps.value = [];
    draftAt.value = null;
    error.value = null;
    conflict.value = null;
    baseRevision.value = options.detail().revision.number;
  }

  /** True where nothing is left to save. */
  async function save(reason: string): Promise<boolean> {
    const edited = working.value;
    const author = options.author();
    if (edited === null) return true;
    if (author === undefined || isSaving.value) return false;
    isSaving.value = true;
    error.value = null;
    try {
      if (diffContents(stored.value, edited).isEqual) {
        await dropDraft();
        return true;
      }
      const { revision } = await saveContent(
        client,
        { id, baseRevision: baseRevision.value, content: edited, author },
        reason || summary.value,
      );
      // what was typed while it was on its way stays
      if (working.value === edited) forget();
      saved.value = edited;
      baseRevision.value = revision;
      showToast("Saved");
      options.onSaved();
      return true;
    } catch (thrown) {
      error.value = toAppError(thrown);
      if (error.value.code === "E_EDIT_CONFLICT") await openConflict(edited, error.value);
      return false;
    } finally {
      isSaving.value = false;
    }
  }

  async function openConflict(mine: TrajectoryContent, cause: AppError): Promise<void> {
    try {
      const [now, base] = await Promise.all([
        client.trajectories.get({ id }),
        client.editing.revision({ id, revision: baseRevision.value }),
      ]);
      const theirs = now.trajectory;
      conflict.value = { error: cause, theirs, revision: now.revision.number, merged: mergeContents(base, mine, theirs) };
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** Both edits as one, saved on top of theirs. */
  async function saveMerged(choices: readonly Choice[], reason: string): Promise<void> {
    const open = conflict.value;
    if (open === null) return;
    working.value = settleConflicts(open.merged, choices);
    baseRevision.value = open.revision;
    conflict.value = null;
    if (await save(reason)) turnIndex.value = null;
  }
  async function takeTheirs(): Promise<void> {
    turnIndex.value = null;
    await dropDraft();
    options.onSaved();
  }

  return {
    content,
    turnIndex,
    isChanged,
    isSaving,
    summary,
    check,
    checks,
    error,
    conflict,
    draftAt,
    canStepBack: computed(() => steps.value.length > 0),
    change,
    stepBack,
    save,
    saveMerged,
    takeTheirs,
    discard: dropDraft,
  };
}
export type TrajectoryEditing = ReturnType<typeof useTrajectoryEditing>;
