/** @file Models a person can choose: the shipped base and every run with weights of its own. */
import { computed, type ComputedRef } from "vue";
import { useClient } from "./client.ts";
import { useQuery } from "./useQuery.ts";

export interface ModelOption {
  readonly value: string;
  readonly title: string;
}

export const SAMPLE_BASE = "sample-base";

export function useModels(): ComputedRef<readonly ModelOption[]> {
  const client = useClient();
  const runs = useQuery((_key, signal) => client.runs.list(undefined, { signal }), { key: () => "all", tables: ["runs"], pauseMs: 2000 });
  return computed(() => [
    { value: SAMPLE_BASE, title: "sample-base, as shipped" },
    ...(runs.data.value ?? [])
      .filter((run) => run.step > 0)
      .map((run) => ({ value: run.id, title: `${run.id}, ${run.state === "done" ? "finished" : run.state}, step ${run.step}` })),
  ]);
}
