/** @file A value read from the core and kept fresh: old content stays until new content has come, late answers are dropped. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import type { AppError } from "#contracts/errors.ts";
import { toAppError } from "./toAppError.ts";
import { useWorkbench, type TableName } from "./workbench.ts";

export interface Query<Value> {
  readonly data: ShallowRef<Value | undefined>;
  readonly error: ShallowRef<AppError | null>;
  readonly isLoading: ShallowRef<boolean>;
  readonly reload: () => void;
}

export interface QueryOptions<Key> {
  /** What the answer depends on; null: nothing is asked. Compared by its JSON. */
  readonly key: () => Key | null;
  /** Tables whose news make the answer stale. */
  readonly tables?: readonly TableName[];
  /** Shortest pause between two readings made because of news, in milliseconds. */
  readonly pauseMs?: number;
  /** Keep showing the old answer while a new key is loading; false empties at once. */
  readonly keepOld?: boolean;
}

export function useQuery<Key, Value>(load: (key: Key, signal: AbortSignal) => Promise<Value>, options: QueryOptions<Key>): Query<Value> {
  const workbench = useWorkbench();
  const data = shallowRef<Value>();
  const error = shallowRef<AppError | null>(null);
  const isLoading = shallowRef(false);
  const pauseMs = options.pauseMs ?? 400;
  let controller: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastStart = 0;

  async function read(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    controller?.abort();
    const key = options.key();
    if (key === null) {
      data.value = undefined;
      error.value = null;
      isLoading.value = false;
      return;
    }
    const mine = new AbortController();
    controller = mine;
    isLoading.value = true;
    lastStart = Date.now();
    try {
      const value = await load(key, mine.signal);
      if (mine.signal.aborted) return;
      data.value = value;
      error.value = null;
    } catch (thrown) {
      if (mine.signal.aborted) return;
      error.value = toAppError(thrown);
    }
    isLoading.value = false;
  }

  watch(
    () => JSON.stringify(options.key()),
    () => {
      if (options.keepOld === false) data.value = undefined;
      void read();
    },
    { immediate: true },
  );
  watch(
    () => (options.tables ?? []).map((table) => workbench.versions[table]).join(),
    () => {
      timer ??= setTimeout(() => void read(), Math.max(0, lastStart + pauseMs - Date.now()));
    },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    controller?.abort();
  });
  return { data, error, isLoading, reload: () => void read() };
}
