/** @file Trajectories in full, a few of them read ahead, so that the step to the next one waits for nothing. */
import { onScopeDispose, watch } from "vue";
import type { TrajectoryDetail } from "#contracts/procedures/trajectories.ts";
import { useClient } from "../../transport/client.ts";
import { useHistory } from "../../transport/useHistory.ts";
import { useProfile } from "../../transport/useProfile.ts";
import { useWorkbench } from "../../transport/workbench.ts";

/** Enough for the next, the one before, and the one that is left. */
const MOST_KEPT = 6;

export interface TrajectoryDetails {
  /** What was read ahead, or reads it now. */
  readonly read: (id: string) => Promise<TrajectoryDetail>;
  readonly readAhead: (id: string) => void;
}

export function useTrajectoryDetails(): TrajectoryDetails {
  const client = useClient();
  const profile = useProfile();
  const workbench = useWorkbench();
  const history = useHistory();
  const kept = new Map<string, Promise<TrajectoryDetail>>();
  let ahead: string | null = null;

  function load(id: string): Promise<TrajectoryDetail> {
    const loading = client.trajectories.get({ id, ...(profile.name && { author: profile.name }) });
    loading.catch(() => kept.delete(id)); // whoever needs it asks again, and is told
    kept.delete(id);
    kept.set(id, loading);
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
    return loading;
  }

  // What was read before a change may be stale: it is forgotten, and what comes next is read again.
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    [() => workbench.versions.trajectories, () => profile.name, () => history.reversed],
    () => {
      kept.clear();
      clearTimeout(timer);
      timer = setTimeout(() => ahead !== null && void load(ahead).catch(() => undefined), 100);
    },
    { flush: "sync" },
  );
  onScopeDispose(() => clearTimeout(timer));

  return {
    read: (id) => {
      const known = kept.get(id);
      // handed out once: who asks again wants to know what became of it
      kept.delete(id);
      return known ?? client.trajectories.get({ id, ...(profile.name && { author: profile.name }) });
    },
    readAhead: (id) => {
      ahead = id;
      if (!kept.has(id)) void load(id).catch(() => undefined);
    },
  };
}
