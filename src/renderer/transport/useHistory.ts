/** @file Undo and redo of the profile's changes: what they would do now, doing it, and telling what was done. Kept by the core, so it survives. */
import { defineStore } from "pinia";
import { computed, shallowRef, watch } from "vue";
import type { Change } from "#contracts/changes.ts";
import type { Job } from "#contracts/jobs.ts";
import { formatCount, plural } from "../format/numbers.ts";
import { showToast } from "../ui/toasts.ts";
import type { Client } from "./client.ts";
import { toAppError } from "./toAppError.ts";
import { useProfile } from "./useProfile.ts";
import { isEnded, useWorkbench } from "./workbench.ts";

export type Direction = "undo" | "redo";

/** A job that this page started, and the message that said so. */
interface Watched {
  readonly changeId: number;
  readonly toast: number;
}

export const useHistory = defineStore("history", () => {
  const workbench = useWorkbench();
  const profile = useProfile();
  const undo = shallowRef<Change | null>(null);
  const redo = shallowRef<Change | null>(null);
  /** The change whose left-alone trajectories are shown with their reasons; null: none. */
  const reasonsOf = shallowRef<number | null>(null);
  const isBusy = shallowRef(false);
  /** The change that this page took back or made again last: what shows it need not wait for the news. */
  const reversed = shallowRef<Change | null>(null);
  /** Takes back a step of what is edited and not saved yet; that comes first. Null: there is none. */
  const unsaved = shallowRef<(() => void) | null>(null);
  /** Jobs of undoing and redoing that this page started: it tells their end. */
  const watched = new Map<string, Watched>();

  /** The change that is being applied, of whichever page or person. */
  const applying = computed<Job | undefined>(() => workbench.running.find((job) => job.kind === "change"));

  async function load(client: Client): Promise<void> {
    const author = profile.name;
    if (author === "") return;
    const next = await client.changes.next({ author });
    if (author !== profile.name) return;
    undo.value = next.undo;
    redo.value = next.redo;
  }

  /** Reads what is next now, and again with every change and every profile. Call inside a component's set-up. */
  function follow(client: Client): void {
    const read = (): void => void load(client).catch(() => undefined); // the status bar says that the connection is lost
    watch([() => profile.name, () => workbench.versions.changes], read, { immediate: true });
    watch(
      () => workbench.justEnded,
      (job) => {
        const started = job === null ? undefined : watched.get(job.id);
        if (job === null || started === undefined || !isEnded(job)) return;
        watched.delete(job.id);
        const { changed = 0, skipped = 0 } = (job.result ?? {}) as { changed?: number; skipped?: number };
        if (job.state === "done") tell(started.changeId, job.title, changed, skipped, started.toast);
      },
    );
  }

  function tell(changeId: number, title: string, numChanged: number, numSkipped: number, earlier?: number): void {
    const changed = numChanged > 1 ? `, ${formatCount(numChanged)} trajectories` : "";
    const left = `${plural(numSkipped, "trajectory", "trajectories")} left alone`;
    if (numSkipped === 0) showToast(`${title}${changed}`, undefined, earlier);
    else showToast(`${title}${changed}; ${left}`, { title: "Reasons", run: () => (reasonsOf.value = changeId) }, earlier);
  }

  /** Takes back the profile's last change, or makes again the one undone last; tells what came of it, or why nothing did. */
  async function reverse(client: Client, direction: Direction): Promise<Change | null> {
    if (direction === "undo" && unsaved.value !== null) {
      unsaved.value();
      return null;
    }
    if (isBusy.value) return null;
    isBusy.value = true;
    try {
      const started = await client.changes[direction]({ author: profile.name, request: crypto.randomUUID() });
      const { change, changeId, jobId } = started;
      if (change !== null) {
        reversed.value = change;
        tell(changeId, change.title, change.numTrajectories, change.numSkipped);
      } else if (jobId !== null) {
        const toast = showToast(
          `${direction === "undo" ? "Undoing" : "Redoing"} ${plural(started.numChosen, "trajectory", "trajectories")}; the bar below shows how far it is`,
        );
        watched.set(jobId, { changeId, toast });
      }
      return change;
    } catch (thrown) {
      const { message, fix } = toAppError(thrown);
      showToast(`${message} ${fix}`);
      return null;
    } finally {
      isBusy.value = false;
      void load(client).catch(() => undefined);
    }
  }

  return { undo, redo, applying, isBusy, reversed, reasonsOf, unsaved, follow, reverse };
});
