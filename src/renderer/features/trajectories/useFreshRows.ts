/**
 * @file Rows of the list as they are now, at the places where they were: after a change the rows in view are read again by id, so that
 * their marks are right in every window while nothing moves under the pointer.
 */
import { onScopeDispose, shallowReactive, watch } from "vue";
import type { TrajectorySummary } from "#contracts/trajectory.ts";
import { useClient } from "../../transport/client.ts";
import { useHistory } from "../../transport/useHistory.ts";
import { useWorkbench } from "../../transport/workbench.ts";

/** About what a screen shows at once, twice. */
const MOST_READ = 200;
const PAUSE_MS = 200;

export interface FreshRows {
  /** The row as it is now, if it was read since the list's page. Call while drawing: what is asked for is what is kept fresh. */
  readonly freshOf: (row: TrajectorySummary) => TrajectorySummary;
  readonly read: (ids: readonly string[]) => Promise<void>;
}

export function useFreshRows(): FreshRows {
  const client = useClient();
  const workbench = useWorkbench();
  const history = useHistory();
  const fresh = shallowReactive(new Map<string, TrajectorySummary>());
  /** Drawn since the last reading, the newest last. */
  const drawn = new Set<string>();

  async function read(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { rows } = await client.trajectories.list({ filter: { ids: [...ids] }, offset: 0, limit: MOST_READ });
    for (const row of rows) fresh.set(row.id, row);
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    () => workbench.versions.trajectories,
    () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        const ids = [...drawn].slice(-MOST_READ);
        drawn.clear();
        read(ids).catch(() => ids.forEach((id) => drawn.add(id))); // the next news try again
      }, PAUSE_MS);
    },
  );
  // what was just taken back is seen at once; the news bring the rest
  watch(
    () => history.reversed,
    (change) => {
      const id = change?.firstTrajectory ?? null;
      if (id !== null) void read([id]).catch(() => undefined);
    },
    { flush: "sync" },
  );
  onScopeDispose(() => clearTimeout(timer));

  return {
    freshOf: (row) => {
      drawn.delete(row.id);
      drawn.add(row.id);
      // a map without entries is one thing to watch, not one for each row
      const known = fresh.size === 0 ? undefined : fresh.get(row.id);
      return known !== undefined && known.revision >= row.revision ? known : row;
    },
    read,
  };
}
