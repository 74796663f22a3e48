/** @file Questions about trajectories: pages of the list, counts, one of them in full. */
import { checkTurn } from "#core/trajectories/checkCalls.ts";
import type { TrajectoryDetail, TrajectoryFilter, TrajectoryPage } from "#contracts/procedures/trajectories.ts";
import type { Trajectory } from "#contracts/trajectory.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "./core.ts";
import { continueIndexing } from "./startIndexing.ts";

export function listTrajectories(core: Core, filter: TrajectoryFilter, offset: number, limit: number): TrajectoryPage {
  const { lists, trajectories, search } = core.store;
  if (filter.text !== undefined && !search.isComplete()) continueIndexing(core);
  const { total, numbers } = lists.page(filter, offset, limit);
  return { total, offset, rows: trajectories.summaries(numbers), indexComplete: search.isComplete() };
}

export function getTrajectory(core: Core, id: string, forAuthor?: string): TrajectoryDetail {
  const { trajectories, sources, contents, changes, annotations, annotators, drafts } = core.store;
  const { trajectory } = trajectories.get(id);
  const { sourceId, revision } = trajectories.origin(id);
  const source = sources.get(sourceId);
  const state = changes.state(requireNumber("trajectory", id));
  const { number, author, reason, at } = revision;
  return {
    trajectory,
    summary: trajectories.summary(id),
    origin: {
      source: source.name,
      path: source.path,
      rows: sources.rowsOfTrajectory(id, sourceId).map(({ rowIndex, byteOffset, byteLength }) => ({ rowIndex, byteOffset, byteLength })),
    },
    revision: { number, author, reason, at },
    checks: checksOf(trajectory, contents.toolNames()),
    review: { status: state.status, assignee: annotators.nameOf(state.assigneeId), annotations: annotations.read(state.annotationsId) },
    draft: forAuthor === undefined ? null : drafts.get(requireNumber("trajectory", id), forAuthor),
  };
}

/** Of each assistant turn, by its index. */
function checksOf(trajectory: Trajectory, knownTools: ReadonlySet<string>): TrajectoryDetail["checks"] {
  const assistantTurns = trajectory.turns.flatMap((turn, i) => (turn.role === "assistant" ? [i] : []));
  return Object.fromEntries(assistantTurns.map((i) => [i, checkTurn(trajectory, i, knownTools)]));
}
