/** @file The question that is asked now and the last answer; one at a time, and each can be stopped. */
import { onScopeDispose, ref, shallowRef } from "vue";
import type { SqlResult } from "#contracts/procedures/finding.ts";
import type { AppError } from "#contracts/errors.ts";
import type { Client } from "../../transport/client.ts";
import { toAppError } from "../../transport/toAppError.ts";

export function createSql(client: Pick<Client, "sql">) {
  const isRunning = ref(false);
  /** Of the question that was answered last; the one that is being written may be another. */
  const result = shallowRef<SqlResult | null>(null);
  const error = shallowRef<AppError | null>(null);
  const wasStopped = ref(false);
  let controller: AbortController | null = null;

  async function run(sql: string, limit: number): Promise<void> {
    if (isRunning.value) return;
    const mine = new AbortController();
    controller = mine;
    isRunning.value = true;
    wasStopped.value = false;
    error.value = null;
    try {
      const answer = await client.sql.query({ sql, limit }, { signal: mine.signal });
      if (!mine.signal.aborted) result.value = answer;
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = toAppError(thrown);
    } finally {
      if (controller === mine) isRunning.value = false;
    }
  }
  function stop(): void {
    if (!isRunning.value) return;
    controller?.abort();
    controller = null;
    isRunning.value = false;
    wasStopped.value = true;
  }
  return { isRunning, result, error, wasStopped, run, stop };
}

export function useSql(client: Client) {
  const sql = createSql(client);
  onScopeDispose(() => sql.stop());
  return sql;
}
