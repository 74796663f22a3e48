/** @file Counts beside the filter, and what names its ids: the questions behind labels, the tool of a definition. Read only while something shows them. */
import { computed } from "vue";
import type { ConditionNames } from "./conditions.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { useClient } from "../../../transport/client.ts";
import { useQuery } from "../../../transport/useQuery.ts";

export function useFacets(filter: () => TrajectoryFilter, isWanted: () => boolean) {
  const client = useClient();
  const facets = useQuery(
    // the answer goes with its question: counts of another filter must not be taken for this one's
    async (asked: TrajectoryFilter, signal) => ({ filter: asked, facets: await client.trajectories.facets({ filter: asked }, { signal }) }),
    { key: () => (isWanted() ? filter() : null), tables: ["trajectories", "sources"], pauseMs: 2000 },
  );
  const scheme = useQuery((_key: string, signal) => client.review.scheme(undefined, { signal }), {
    key: () => (isWanted() || filter().label !== undefined ? "scheme" : null),
    tables: ["changes"],
  });
  const definition = useQuery((id: number, signal) => client.tools.definition({ id }, { signal }), {
    key: () => filter().definition ?? null,
    keepOld: false,
  });
  const names = computed<ConditionNames>(() => ({ scheme: scheme.data.value, definedTool: definition.data.value?.name }));
  return { facets, names };
}
export type Facets = ReturnType<typeof useFacets>;
