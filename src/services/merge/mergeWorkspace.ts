/**
 * @file Another workspace's work brought into this one, in the data worker.
 *
 * A trajectory is the same one where it came from the same row of the same file, or was imported with the same content. From the last
 * revision that both histories share, each field is merged on its own: what only they changed is taken, what both changed to different
 * values is a conflict, in which ours stands and theirs is kept. Labels of different people never conflict. What somebody wrote there comes
 * here too, but for what asks a question that is held out here.
 */
import type { MergedField } from "#contracts/merging.ts";
import { mergeAnnotations } from "#core/trajectories/mergeAnnotations.ts";
import { mergeContents } from "#core/trajectories/mergeContents.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { requireNumber } from "#store/ids.ts";
import { changedFields } from "#store/changes.ts";
import { openStore, type HistoricState, type Store, type StoredChange, type TrajectoryState } from "#store/index.ts";
import { heldOutTwin } from "../changes/heldOut.ts";
import type { TaskControl } from "../dataTask.ts";

export interface MergeTask {
  /** A copy of the other workspace's database: opening it may migrate it. */
  readonly copy: string;
  readonly name: string;
  readonly author: string;
}

export interface MergeResult {
  readonly changeId: number;
  readonly changed: number;
  /** Nothing new in theirs. */
  readonly same: number;
  readonly conflicts: number;
  /** Trajectories of theirs that are not here. */
  readonly unknown: number;
  /** Files they came from. */
  readonly unknownSources: readonly string[];
}

const BATCH_MS = 50;
const NAMED_SOURCES = 20;

type Counts = { -readonly [Key in "changed" | "same" | "conflicts" | "unknown"]: number };

export function mergeWorkspace(store: Store, { copy, name, author }: MergeTask, control: TaskControl): MergeResult {
  const other = openStore(copy);
  try {
    const at = new Date().toISOString();
    const started = { kind: "merge", title: `Merged the workspace ${name}`, author, reason: "", at };
    const changeId = store.transaction(() => store.changes.start(started));
    const counts: Counts = { changed: 0, same: 0, conflicts: 0, unknown: 0 };
    const unknownSources = new Set<string>();
    const numbers = other.trajectories.numbers();
    const merge = merger(store, other, changeId, at);
    try {
      for (let next = 0; next < numbers.length;) {
        control.checkpoint();
        store.transaction(() => {
          const batchAt = performance.now();
          while (next < numbers.length && performance.now() - batchAt < BATCH_MS) {
            const number = numbers[next++]!;
            const outcome = merge(number);
            if (outcome === null && other.changes.state(number).isRemoved) counts.same++;
            else if (outcome === null) {
              counts.unknown++;
              unknownSources.add(other.sources.get(other.trajectories.sourceOf(number)).name);
            } else {
              counts.conflicts += outcome.conflicts;
              counts[outcome.changed ? "changed" : "same"]++;
            }
          }
        });
        control.report({ phase: "merging", done: next, total: numbers.length }, true);
      }
    } finally {
      // stopped half-way, what was merged stays and can be undone; merging again goes on with the rest
      store.transaction(() => store.changes.finish(changeId));
    }
    return { changeId, ...counts, unknownSources: [...unknownSources].slice(0, NAMED_SOURCES) };
  } finally {
    other.close();
  }
}

interface Merged {
  readonly changed: boolean;
  readonly conflicts: number;
}

/** Merges one of their trajectories; null where it is not here. */
function merger(store: Store, other: Store, changeId: number, at: string): (number: number) => Merged | null {
  const change = store.changes.get(changeId);
  return (number) => {
    const known = sameTrajectory(store, other, number);
    const mine = known ?? bringWritten(store, other, number, change);
    if (mine === null) return null;
    const theirHistory = other.changes.states(number);
    const myHistory = store.changes.states(mine);
    const numShared = sharedRevisions(myHistory, theirHistory);
    const theirs = theirHistory.at(-1)!;
    if (theirHistory.length === numShared && known !== null) return { changed: false, conflicts: 0 };
    const base = myHistory[Math.max(0, numShared - 1)]!;
    const now = myHistory.at(-1)!;
    let conflicts = 0;
    const conflict = (field: MergedField, value: string) => {
      conflicts++;
      store.conflicts.add({ trajectory: mine, changeId, author: theirs.author, field, theirs: value, at });
    };
    const content = mergedContent(store, other, { base, now, theirs }, conflict);
    const annotationsId = mergedAnnotations(store, other, { base, now, theirs }, conflict);
    const assigneeOf = (side: Store, { state }: HistoricState) => side.annotators.nameOf(state.assigneeId);
    const assignee = pick("assignee", assigneeOf(store, base), assigneeOf(store, now), assigneeOf(other, theirs), conflict);
    const next: TrajectoryState = {
      contentId: content,
      split: pick("split", base.state.split, now.state.split, theirs.state.split, conflict),
      status: pick("status", base.state.status, now.state.status, theirs.state.status, conflict),
      assigneeId: assignee === null ? null : store.annotators.ensure(assignee),
      annotationsId,
      isRemoved: isRemovedAfter({ base, now, theirs }),
    };
    const isRevised = store.changes.revise(change, mine, next);
    if (known === null && !isRevised) store.changes.wrote(changeId, mine);
    return { changed: known === null || isRevised, conflicts };
  };
}

type OnConflict = (field: MergedField, theirs: string) => void;
interface Three {
  readonly base: HistoricState;
  readonly now: HistoricState;
  readonly theirs: HistoricState;
}

function pick<T extends string | null>(field: MergedField, base: T, mine: T, theirs: T, conflict: OnConflict): T {
  if (theirs === base || theirs === mine) return mine;
  if (mine === base) return theirs;
  conflict(field, theirs ?? "");
  return mine;
}

/** What they took back goes here too, unless it was worked on; what they brought back comes back. */
function isRemovedAfter({ base, now, theirs }: Three): boolean {
  if (theirs.state.isRemoved === base.state.isRemoved) return now.state.isRemoved;
  return theirs.state.isRemoved && changedFields(base.state, now.state).length === 0;
}

function mergedContent(store: Store, other: Store, { base, now, theirs }: Three, conflict: OnConflict): number {
  if (theirs.contentHash === base.contentHash || theirs.contentHash === now.contentHash) return now.state.contentId;
  const theirContent = other.contents.read(theirs.state.contentId).content;
  const write = (content: typeof theirContent): number => store.contents.write(content, summaryOf(content));
  if (now.contentHash === base.contentHash) return write(theirContent);
  const read = ({ state }: HistoricState) => store.contents.read(state.contentId).content;
  const { content, conflicts } = mergeContents(read(base), read(now), theirContent);
  if (conflicts.length === 0) return write(content);
  conflict("content", String(write(theirContent)));
  return now.state.contentId;
}

function mergedAnnotations(store: Store, other: Store, { base, now, theirs }: Three, conflict: OnConflict): number | null {
  const [was, mine] = [base, now].map(({ state }) => store.annotations.read(state.annotationsId)) as [Annotated, Annotated];
  const their = other.annotations.read(theirs.state.annotationsId);
  const { merged, conflicts } = mergeAnnotations(was, mine, their);
  // of both answers of one person only one can stand
  if (conflicts.length > 0) conflict("annotations", String(store.annotations.write(their) ?? ""));
  return store.annotations.write(merged);
}
type Annotated = ReturnType<Store["annotations"]["read"]>;

/** Revisions from the first that both histories have alike: the same content by the same author at the same time. */
function sharedRevisions(mine: readonly HistoricState[], theirs: readonly HistoricState[]): number {
  let shared = 0;
  for (; shared < Math.min(mine.length, theirs.length); shared++) {
    const [a, b] = [mine[shared]!, theirs[shared]!];
    if (a.contentHash !== b.contentHash) break;
    // the first is the import, which each workspace did in its own time
    if (shared > 0 && (a.at !== b.at || a.author !== b.author)) break;
  }
  return shared;
}

/** Ours that stands for theirs, or null. */
function sameTrajectory(store: Store, other: Store, number: number): number | null {
  const row = other.sources.firstRow(number);
  const byRow = row === null ? null : store.sources.trajectoryOfRow(row);
  return byRow ?? store.trajectories.importedWith(other.changes.states(number)[0]!.contentHash);
}

/**
 * Writes: one that was written there, as it was at first; the rest of its history follows as any other. Null for one that was imported, was
 * taken back, or asks what is held out here. Its case is one of theirs and is not named.
 */
function bringWritten(store: Store, other: Store, number: number, change: StoredChange): number | null {
  if (other.written.written(number) === null || other.changes.state(number).isRemoved) return null;
  const [first] = other.changes.states(number);
  const { content } = other.contents.read(first!.state.contentId);
  if (heldOutTwin(store, content) !== null) return null;
  const { author, at } = first!;
  const id = store.written.add({ content, summary: summaryOf(content), caseId: null }, () => ({ ...change, author, at }));
  return requireNumber("trajectory", id);
}
