/** @file Points of a run, read in ranges: the news only say that there are more. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { appendPoints, emptyColumns, type PointColumns } from "./runPoints.ts";
import type { AppError } from "#contracts/errors.ts";
import { useClient } from "../../transport/client.ts";
import { toAppError } from "../../transport/toAppError.ts";
import { useWorkbench } from "../../transport/workbench.ts";

const PAUSE_MS = 400;

/** `restart` changes where steps already read may come again (a resume): everything is then read anew. */
export function useRunPoints(
  id: () => string,
  restart: () => string,
): { points: ShallowRef<PointColumns>; error: ShallowRef<AppError | null> } {
  const client = useClient();
  const workbench = useWorkbench();
  const points = shallowRef(emptyColumns());
  const error = shallowRef<AppError | null>(null);
  let generation = 0;
  let isReading = false;
  let isStale = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    timer = undefined;
    if (isReading) {
      isStale = true;
      return;
    }
    isReading = true;
    const mine = generation;
    try {
      const more = await client.runs.points({ id: id(), afterStep: points.value.step.at(-1) ?? 0 });
      if (mine === generation) points.value = appendPoints(points.value, more);
      error.value = null;
    } catch (thrown) {
      if (mine === generation) error.value = toAppError(thrown);
    } finally {
      isReading = false;
      if (isStale) {
        isStale = false;
        schedule();
      }
    }
  }
  function schedule(): void {
    timer ??= setTimeout(() => void read(), PAUSE_MS);
  }
  watch(
    [id, restart],
    () => {
      generation++;
      points.value = emptyColumns();
      isStale = isReading;
      void read();
    },
    { immediate: true },
  );
  watch(() => [workbench.versions.points, workbench.versions.runs], schedule);
  onScopeDispose(() => clearTimeout(timer));
  return { points, error };
}
