/** @file What the core says of a content as it is edited: soon of the turn that is edited, after a pause of all of them. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import type { ContentCheck } from "#contracts/procedures/trajectories.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { contentForCore } from "./saveContent.ts";
import { useClient } from "./client.ts";

const TURN_PAUSE_MS = 180;
const ALL_PAUSE_MS = 900;

export interface EditedContent {
  readonly content: TrajectoryContent;
  /** The turn being edited; null: none. */
  readonly turnIndex: number | null;
  readonly isChanged: boolean;
}

/** Late answers are dropped; a failed question is asked again with the next change. */
export function useContentCheck(edited: () => EditedContent): ShallowRef<ContentCheck | null> {
  const client = useClient();
  const found = shallowRef<ContentCheck | null>(null);
  const timers: ReturnType<typeof setTimeout>[] = [];
  let controller = new AbortController();

  async function ask(turnIndex: number | undefined, signal: AbortSignal): Promise<void> {
    try {
      const content = contentForCore(edited().content);
      const answer = await client.trajectories.check({ content, ...(turnIndex === undefined ? {} : { turnIndex }) }, { signal });
      if (signal.aborted) return;
      const known = found.value;
      found.value =
        turnIndex === undefined
          ? { ...answer, grounds: known?.grounds ?? [] }
          : { ...answer, checks: { ...known?.checks, ...answer.checks } };
    } catch {
      // the editor goes on without findings; saving says what is wrong with the connection
    }
  }
  function stop(): void {
    timers.splice(0).forEach(clearTimeout);
    controller.abort();
  }
  watch(
    () => [edited().content, edited().turnIndex] as const,
    ([, turnIndex], before) => {
      stop();
      controller = new AbortController();
      const { signal } = controller;
      const isNewTurn = before?.[1] !== turnIndex;
      if (isNewTurn && found.value !== null) found.value = { ...found.value, grounds: [] };
      if (turnIndex !== null && turnIndex >= 0) {
        timers.push(setTimeout(() => void ask(turnIndex, signal), isNewTurn ? 0 : TURN_PAUSE_MS));
      }
      if (edited().isChanged || turnIndex === -1) timers.push(setTimeout(() => void ask(undefined, signal), isNewTurn ? 0 : ALL_PAUSE_MS));
      else if (turnIndex === null) found.value = null;
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return found;
}
