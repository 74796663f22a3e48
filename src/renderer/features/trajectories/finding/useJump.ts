/** @file An id typed where words are searched for: where it leads, before anybody goes there. */
import { computed, type Ref } from "vue";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { trajectoryIdIn } from "../../../format/ids.ts";
import { useClient, type Client } from "../../../transport/client.ts";
import { useQuery } from "../../../transport/useQuery.ts";

export type Whereabouts = "listed" | "outside" | "absent";

/** Where a trajectory is: in the filtered list, outside the filter, or not in the workspace. */
export async function whereaboutsOf(client: Client, id: string, filter: TrajectoryFilter, signal?: AbortSignal): Promise<Whereabouts> {
  const ask = (asked: TrajectoryFilter) => client.trajectories.offsetOf({ id, filter: asked }, signal === undefined ? {} : { signal });
  const [listed, anywhere] = await Promise.all([ask(filter), ask({})]);
  return listed.offset !== null ? "listed" : anywhere.offset !== null ? "outside" : "absent";
}

export function useJump(words: Ref<string>, filter: () => TrajectoryFilter) {
  const client = useClient();
  const asked = computed(() => trajectoryIdIn(words.value));
  /** The words are the id: they are no condition for what it leads to. */
  const rest = (): TrajectoryFilter => {
    const { text: _words, ...others } = filter();
    return others;
  };
  const answer = useQuery(
    async (key: { readonly id: string; readonly filter: TrajectoryFilter }, signal) => ({
      id: key.id,
      where: await whereaboutsOf(client, key.id, key.filter, signal),
    }),
    { key: () => (asked.value === null ? null : { id: asked.value.id, filter: rest() }), tables: ["trajectories"] },
  );
  /** Null until it is known. */
  const where = computed(() => (answer.data.value?.id === asked.value?.id ? (answer.data.value?.where ?? null) : null));
  return { asked, where, error: answer.error, find: (id: string) => whereaboutsOf(client, id, rest()) };
}
