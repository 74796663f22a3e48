/** @file Traces as they are shown, and the trajectories that open cases were traced to. */
import type { CaseState } from "#contracts/cases.ts";
import type { QueuedTrajectory } from "#contracts/procedures/tracing.ts";
import type { CaseTrace, TracedExample } from "#contracts/tracing.ts";
import { caseProgress } from "#core/evaluation/caseProgress.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "../core.ts";
import { confirmedTrajectories } from "./confirmed.ts";
import { asOfNow } from "./tracedExamples.ts";

/**
 * The newest trace; null where the case was never traced.
 *
 * @throws E_NOT_FOUND
 */
export function getTrace(core: Core, caseId: string): CaseTrace | null {
  const { cases, traces } = core.store;
  const { id } = cases.get(caseId);
  const trace = traces.get(id);
  if (trace === null) return null;
  const confirmed = confirmedTrajectories(core, id);
  const now = (example: TracedExample): TracedExample => asOfNow(core, trace.runId, example, confirmed);
  return {
    ...trace,
    reliability: core.store.experiments.reliability(trace.runId),
    groups: trace.groups.map(({ examples }) => ({ examples: examples.map(now) })),
    opponents: trace.opponents.map(now),
  };
}

/** Whose cause is still to be mended. */
const OPEN: ReadonlySet<CaseState> = new Set(["open", "traced", "regressed"]);

/** Most influential first: named by many open cases, and early. */
export function traceQueue(core: Core, limit: number): readonly QueuedTrajectory[] {
  const { cases, changes, traces, trajectories } = core.store;
  const events = cases.eventsByCase();
  const isRemoved = (id: string): boolean => changes.state(requireNumber("trajectory", id)).isRemoved;
  const found = new Map<string, { influence: number; readonly places: { readonly caseId: string; readonly place: number }[] }>();
  for (const { caseId, trajectoryId, place } of traces.named()) {
    if (isRemoved(trajectoryId)) continue;
    if (!OPEN.has(caseProgress(events.get(caseId) ?? []).state)) continue;
    const one = found.get(trajectoryId) ?? { influence: 0, places: [] };
    one.influence += 1 / place;
    one.places.push({ caseId, place });
    found.set(trajectoryId, one);
  }
  return [...found]
    .sort(([a, one], [b, other]) => other.influence - one.influence || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([id, { influence, places }]) => ({
      id,
      title: trajectories.summary(id).title,
      caseIds: places.sort((a, b) => a.place - b.place).map(({ caseId }) => caseId),
      influence,
    }));
}
