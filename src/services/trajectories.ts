/** @file Questions about trajectories: pages of the list, counts, one of them in full. */
import { checkTurns } from "#core/trajectories/checkCalls.ts";
import type { TrajectoryDetail, TrajectoryFilter, TrajectoryPage } from "#contracts/procedures/trajectories.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "./core.ts";
import { isIndexed } from "./indexContents.ts";
import { continueIndexing } from "./startIndexing.ts";

/** Conditions that need what the index job derives. */
const INDEXED_CONDITIONS = ["text", "tool", "definition", "finding", "unreadable", "turns", "calls"] as const;

/** `keep`: trajectories that stay in the list whatever the filter says of them now. */
export function listTrajectories(
  core: Core,
  filter: TrajectoryFilter,
  offset: number,
  limit: number,
  keep: readonly string[] = [],
): TrajectoryPage {
  const { lists, trajectories } = core.store;
  const indexComplete = isIndexed(core.store);
  if (!indexComplete && INDEXED_CONDITIONS.some((key) => filter[key] !== undefined)) continueIndexing(core);
  const { total, numbers } = lists.page(filter, offset, limit, numbersOf(keep));
  return { total, offset, rows: trajectories.summaries(numbers), indexComplete };
}

/** Brings what lists are made of into memory, piece by piece between other answers: the first list then finds it there. */
export function warmListsSoon(core: Core): void {
  const warm = (): void => {
    if (core.isClosing()) return;
    try {
      if (core.store.lists.warmSome()) setTimeout(warm).unref();
    } catch {
      // the list itself says what is wrong with the database
    }
  };
  setTimeout(warm).unref();
}

/** @throws E_NOT_FOUND, E_TAKEN_BACK for one that was written here and undone */
export function getTrajectory(core: Core, id: string, forAuthor?: string): TrajectoryDetail {
  const { trajectories, written, sources, contents, changes, annotations, annotators, drafts } = core.store;
  const trajectoryNumber = requireNumber("trajectory", id);
  const state = changes.presentState(trajectoryNumber);
  const { trajectory } = trajectories.get(id);
  const { sourceId, revision } = trajectories.origin(id);
  const source = sources.get(sourceId);
  const { number, author, reason, at } = revision;
  return {
    trajectory,
    summary: trajectories.summary(id),
    origin: {
      source: source.name,
      path: source.path,
      rows: sources.rowsOfTrajectory(id, sourceId).map(({ rowIndex, byteOffset, byteLength }) => ({ rowIndex, byteOffset, byteLength })),
      written: written.written(trajectoryNumber),
    },
    revision: { number, author, reason, at },
    checks: Object.fromEntries(checkTurns(trajectory, contents.toolNames())),
    review: { status: state.status, assignee: annotators.nameOf(state.assigneeId), annotations: annotations.read(state.annotationsId) },
    draft: forAuthor === undefined ? null : drafts.get(trajectoryNumber, forAuthor),
  };
}

const numbersOf = (ids: readonly string[]): readonly number[] => ids.map((id) => requireNumber("trajectory", id));

export function offsetOfTrajectory(core: Core, id: string, filter: TrajectoryFilter, keep: readonly string[] = []): number | null {
  return core.store.lists.offsetOf(id, filter, numbersOf(keep));
}
