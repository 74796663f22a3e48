/** @file Filters kept under a name: which one the list shows, and keeping, renaming, replacing and deleting them. */
import { computed, shallowRef } from "vue";
import { useRoute } from "vue-router";
import type { SavedView } from "#contracts/procedures/finding.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { isSameName, viewsNow } from "./viewsNow.ts";
import type { TrajectoryList } from "../useTrajectoryList.ts";
import { useClient } from "../../../transport/client.ts";
import { firstViewDrawn } from "../../../transport/firstView.ts";
import { toAppError } from "../../../transport/toAppError.ts";
import { useProfile } from "../../../transport/useProfile.ts";
import { useQuery } from "../../../transport/useQuery.ts";
import { showToast } from "../../../ui/toasts.ts";

export function useSavedViews(list: TrajectoryList) {
  const client = useClient();
  const profile = useProfile();
  const route = useRoute();
  const forAuthor = () => (profile.name === "" ? {} : { author: profile.name });
  const read = async (author: { author?: string }, signal: AbortSignal) => {
    await firstViewDrawn();
    return client.views.list(author, { signal });
  };
  const query = useQuery(read, {
    key: forAuthor,
    tables: ["changes", "trajectories"],
    pauseMs: 2000,
  });
  const isBusy = shallowRef(false);

  const views = computed<readonly SavedView[]>(() => query.data.value ?? []);
  const now = computed(() => {
    const from = route.query["view"];
    return viewsNow(views.value, list.filter.value, typeof from === "string" ? from : undefined);
  });
  const show = (view: SavedView): void => list.useFilter(view.filter, { view: view.isBuiltIn ? undefined : view.name });

  async function change(work: () => Promise<readonly SavedView[]>): Promise<boolean> {
    if (isBusy.value) return false;
    isBusy.value = true;
    try {
      query.data.value = await work();
      return true;
    } catch (thrown) {
      const { message, fix } = toAppError(thrown);
      showToast(`${message} ${fix}`);
      return false;
    } finally {
      isBusy.value = false;
    }
  }
  /** Keeps a filter under a name, in place of the view of that name. */
  const keep = (name: string, filter: TrajectoryFilter): Promise<boolean> =>
    change(() => client.views.save({ name, filter, ...forAuthor() }));
  async function save(name: string): Promise<boolean> {
    const before = views.value.find((view) => isSameName(view.name, name));
    if (!(await keep(name, list.filter.value))) return false;
    list.useFilter(list.filter.value, { view: name });
    if (before === undefined) showToast(`View “${name}” saved`);
    else showToast(`View “${name}” replaced`, { title: "Undo", run: () => void keep(before.name, before.filter) });
    return true;
  }
  async function rename(view: SavedView, name: string): Promise<boolean> {
    if (!(await change(() => client.views.rename({ name: view.name, to: name, ...forAuthor() })))) return false;
    list.useFilter(list.filter.value, { view: name });
    showToast(`View “${view.name}” is now “${name}”`);
    return true;
  }
  async function remove(view: SavedView): Promise<void> {
    if (!(await change(() => client.views.remove({ name: view.name, ...forAuthor() })))) return;
    list.useFilter(list.filter.value, { view: undefined });
    showToast(`View “${view.name}” deleted; the trajectories are untouched`, {
      title: "Undo",
      run: () => void keep(view.name, view.filter),
    });
  }
  return { views, now, error: query.error, reload: query.reload, isBusy, show, save, rename, remove };
}
export type SavedViews = ReturnType<typeof useSavedViews>;
