/** @file The folder a person is looking at, on the machine that the core runs on. */
import { ref, type Ref } from "vue";
import type { BrowsedFolder } from "#contracts/procedures/sources.ts";
import { useClient } from "./client.ts";
import { useQuery, type Query } from "./useQuery.ts";

export interface OpenFolder extends Pick<Query<BrowsedFolder>, "data" | "error"> {
  /** Absent: the home folder. */
  readonly path: Ref<string | undefined>;
}

export function useFolder(): OpenFolder {
  const client = useClient();
  const path = ref<string>();
  const { data, error } = useQuery((key, signal) => client.sources.browse(key.path === null ? {} : { path: key.path }, { signal }), {
    key: () => ({ path: path.value ?? null }),
  });
  return { path, data, error };
}
