/**
 * @file What an operation makes of one trajectory: its next state, or why it is left alone. One judge for a single decision, a bulk action,
 * their undo and their preview.
 */
import { createHash } from "node:crypto";
import type { ContentOperation } from "#contracts/bulk.ts";
import { secondPassOf } from "#contracts/agreement.ts";
import type { Operation } from "#contracts/changes.ts";
import { ADJUDICATED, type Annotations } from "#contracts/review.ts";
import type { Split } from "#contracts/trajectory.ts";
import { withLabel, withNote, withoutPlaces } from "#core/trajectories/annotate.ts";
import { mergeAnnotations } from "#core/trajectories/mergeAnnotations.ts";
import { mergeContents } from "#core/trajectories/mergeContents.ts";
import { queryOf } from "#core/trajectories/sameQuery.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { changedFields } from "#store/changes.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import type { Store, StoredChange, TrajectoryState } from "#store/index.ts";
import { bulkEditOf } from "./bulkEditOf.ts";

export type Outcome = { readonly state: TrajectoryState } | { readonly skip: string };

/** Writes contents and annotations that the next state refers to; the revision is the caller's to write. Inside a transaction. */
export function operate(store: Store, change: StoredChange, trajectory: number, now: TrajectoryState): Outcome {
  const { operation } = change;
  if (operation === null) return { skip: "the change does not say what to do" };
  if ("of" in operation) return reverse(store, operation, trajectory, now);
  return now.isRemoved ? { skip: "it was taken back" } : apply(store, change, operation, { trajectory, now });
}

interface Target {
  readonly trajectory: number;
  readonly now: TrajectoryState;
}

function apply(store: Store, { author, at }: StoredChange, operation: Operation, target: Target): Outcome {
  const { now } = target;
  switch (operation.type) {
    case "status":
      return { state: { ...now, status: operation.status } };
    case "split":
      return { state: { ...now, split: operation.split } };
    case "resplit":
      return { state: { ...now, split: splitByQuery(queryOf(store.contents.read(now.contentId).content), operation) } };
    case "assign":
      return { state: { ...now, assigneeId: operation.annotator === null ? null : store.annotators.ensure(operation.annotator) } };
    case "label": {
      const { question, place, options, adjudicate, secondPass } = operation;
      const annotator = adjudicate ? ADJUDICATED : secondPass === true ? secondPassOf(author) : author;
      const label = { annotator, question, place, options };
      return { state: { ...now, annotationsId: store.annotations.write(withLabel(store.annotations.read(now.annotationsId), label)) } };
    }
    case "replace":
    case "renameTool":
    case "renameParameter":
    case "defineTool":
    case "fix":
    case "leaveOut":
      return editContent(store, operation, target);
    case "note": {
      const { text, place } = operation;
      const note = { author, at, text, ...(place === undefined ? {} : { place }) };
      return { state: { ...now, annotationsId: store.annotations.write(withNote(store.annotations.read(now.annotationsId), note)) } };
    }
  }
}

function editContent(store: Store, operation: ContentOperation, { trajectory, now }: Target): Outcome {
  const edited = bulkEditOf(store, operation)(store.contents.read(now.contentId).content, trajectoryIdOf(trajectory));
  if ("skip" in edited) return edited;
  if (edited.hits.length === 0) return { state: now };
  const contentId = store.contents.write(edited.content, summaryOf(edited.content));
  if (edited.removed === undefined) return { state: { ...now, contentId } };
  const annotations = withoutPlaces(store.annotations.read(now.annotationsId), edited.removed);
  return { state: { ...now, contentId, annotationsId: store.annotations.write(annotations) } };
}

/**
 * Takes back (or makes again) what a change did to a trajectory, field by field, and leaves alone what others have changed since. Fields
 * that were changed since by somebody else are the reason to skip: undoing must not take their work with it.
 */
function reverse(
  store: Store,
  { type, of }: { readonly type: "undo" | "redo"; readonly of: number },
  trajectory: number,
  now: TrajectoryState,
): Outcome {
  const effect = store.changes.effect(of, trajectory);
  if (effect === null) return { skip: "it was not touched" };
  const [from, to] = type === "undo" ? [effect.after, effect.before] : [effect.before, effect.after];
  // taking it back must not take along what somebody has made of it since
  if (to.isRemoved && !from.isRemoved && changedFields(from, now).length > 0) return { skip: "it was changed since" };
  const next: { -readonly [Key in keyof TrajectoryState]: TrajectoryState[Key] } = { ...now };
  for (const key of Object.keys(to) as (keyof TrajectoryState)[]) {
    if (from[key] === to[key]) continue;
    const reversed = now[key] === from[key] ? to[key] : mergedField(store, key, { from, to, now });
    if (reversed === undefined) return { skip: `its ${WORDS[key]} changed since` };
    Object.assign(next, { [key]: reversed });
  }
  return { state: next };
}

/** What others did to the field since together with the way back, where they are about different parts of it; undefined where they are not. */
function mergedField(
  store: Store,
  key: keyof TrajectoryState,
  { from, to, now }: { readonly from: TrajectoryState; readonly to: TrajectoryState; readonly now: TrajectoryState },
): TrajectoryState[keyof TrajectoryState] | undefined {
  if (key === "contentId") return mergedContent(store, from.contentId, to.contentId, now.contentId);
  if (key !== "annotationsId") return undefined;
  const [was, mine, theirs] = [from, now, to].map(({ annotationsId }) => store.annotations.read(annotationsId)) as [
    Annotations,
    Annotations,
    Annotations,
  ];
  const { merged, conflicts } = mergeAnnotations(was, mine, theirs);
  if (conflicts.length > 0) return undefined;
  const annotationsId = store.annotations.write(merged);
  // what was labelled has moved to another place since: there is nothing of it to take back here
  return annotationsId === now.annotationsId ? undefined : annotationsId;
}

/** Both of two differences to one content, where they are about different parts of it; undefined where they are not. */
function mergedContent(store: Store, from: number, to: number, now: number): number | undefined {
  const read = (id: number) => store.contents.read(id).content;
  const { content, conflicts } = mergeContents(read(from), read(to), read(now));
  return conflicts.length > 0 ? undefined : store.contents.write(content, summaryOf(content));
}

const WORDS: Readonly<Record<keyof TrajectoryState, string>> = {
  contentId: "content was",
  split: "split was",
  status: "status was",
  assigneeId: "assignment was",
  annotationsId: "labels or notes were",
  isRemoved: "presence was",
};

/** A number between 0 and 1 from the query and a seed decides: equal queries fall on the same side, whatever else there is. */
function splitByQuery(query: string, { validation, test, seed }: Extract<Operation, { type: "resplit" }>): Split {
  const place = createHash("sha256").update(`${seed}\n${query}`).digest().readUInt32BE(0) / 2 ** 32;
  return place < test ? "test" : place < test + validation ? "validation" : "train";
}
