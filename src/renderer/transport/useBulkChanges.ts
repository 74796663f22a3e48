/** @file Bulk changes as they are made: told when done, with a way back that takes back this change and no other. */
import { watch } from "vue";
import type { Operation } from "#contracts/changes.ts";
import type { Selection } from "#contracts/procedures/changes.ts";
import { plural } from "../format/numbers.ts";
import { useClient } from "./client.ts";
import { useHistory } from "./useHistory.ts";
import { useProfile } from "./useProfile.ts";
import { isEnded, useWorkbench } from "./workbench.ts";
import { showToast } from "../ui/toasts.ts";

/** Call in a screen's set-up: the end of a long change is told as long as the screen is open. */
export function useBulkChanges() {
  const client = useClient();
  const history = useHistory();
  const profile = useProfile();
  const workbench = useWorkbench();
  /** Jobs that this page started, and the messages that said so. */
  const started = new Map<string, { readonly changeId: number; readonly toast: number }>();

  async function undo(changeId: number): Promise<void> {
    const { undo: next } = await client.changes.next({ author: profile.name });
    if (next?.id === changeId) await history.reverse(client, "undo");
    else showToast("Something else was changed since: undo that first");
  }
  const tell = (changeId: number, title: string, numChanged: number, numSkipped: number, earlier?: number): void => {
    const left = numSkipped === 0 ? "" : `; ${plural(numSkipped, "trajectory", "trajectories")} left alone`;
    if (numChanged === 0) showToast(`${title}: nothing to change${left}`, undefined, earlier);
    else showToast(`${title}${left}`, { title: "Undo", run: () => void undo(changeId) }, earlier);
  };

  async function apply(selection: Selection, operation: Operation, reason: string): Promise<void> {
    const made = await client.changes.apply({ selection, operation, author: profile.name, reason, request: crypto.randomUUID() });
    const { change, changeId, jobId, numChosen } = made;
    if (change !== null) return tell(changeId, change.title, change.numTrajectories, change.numSkipped);
    const toast = showToast(`Changing ${plural(numChosen, "trajectory", "trajectories")}; the bar below shows how far it is`);
    if (jobId !== null) started.set(jobId, { changeId, toast });
  }
  watch(
    () => workbench.justEnded,
    (job) => {
      const mine = job === null ? undefined : started.get(job.id);
      if (job === null || mine === undefined || !isEnded(job)) return;
      started.delete(job.id);
      const { changed = 0, skipped = 0 } = (job.result ?? {}) as { changed?: number; skipped?: number };
      if (job.state === "done") tell(mine.changeId, job.title, changed, skipped, mine.toast);
    },
  );
  return { apply };
}
