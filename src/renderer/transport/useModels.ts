/** @file Models a person can choose: the shipped base, fetched ones, named folders, and every run with weights of its own. */
import { computed, type ComputedRef } from "vue";
import type { ModelView } from "#contracts/models.ts";
import { useClient } from "./client.ts";
import { useQuery } from "./useQuery.ts";

export interface ModelOption {
  readonly value: string;
  readonly title: string;
}

export const SAMPLE_BASE = "sample-base";

const titleOf = ({ name, kind, numParameters, problems }: ModelView): string =>
  [
    name,
    ...(kind === "shipped" ? ["as shipped"] : []),
    ...(numParameters === null ? [] : [`${(numParameters / 1e6).toPrecision(3)} M parameters`]),
    ...(problems.length > 0 ? ["cannot be used"] : []),
  ].join(", ");

/** Folders that hold a model, with what is known of each. */
export function useModelFolders(): ComputedRef<readonly ModelView[] | undefined> {
  const client = useClient();
  const { data } = useQuery((_key, signal) => client.models.list(undefined, { signal }), { key: () => "all", tables: ["models"] });
  return computed(() => data.value);
}

export function useModels(): ComputedRef<readonly ModelOption[]> {
  const client = useClient();
  const folders = useModelFolders();
  const runs = useQuery((_key, signal) => client.runs.list(undefined, { signal }), { key: () => "all", tables: ["runs"], pauseMs: 2000 });
  return computed(() => [
    ...(folders.value?.map((folder) => ({ value: folder.name, title: titleOf(folder) })) ?? [{ value: SAMPLE_BASE, title: SAMPLE_BASE }]),
    ...(runs.data.value ?? [])
      .filter((run) => run.step > 0)
      .map((run) => ({ value: run.id, title: `${run.id}, ${run.state === "done" ? "finished" : run.state}, step ${run.step}` })),
  ]);
}
