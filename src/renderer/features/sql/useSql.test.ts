import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import type { SqlResult } from "#contracts/procedures/finding.ts";
import type { Client } from "../../transport/client.ts";
import { createSql } from "./useSql.ts";

const answerOf = (value: number): SqlResult => ({ columns: [], rows: [[value]], cut: null, ms: 1 });

/** Answers are given by hand; a signal that is aborted rejects, as the client's does. */
function byHand() {
  const asked: { sql: string; signal: AbortSignal; answer: (result: SqlResult) => void; fail: (error: unknown) => void }[] = [];
  const query = ({ sql }: { sql: string }, { signal }: { signal: AbortSignal }) =>
    new Promise<SqlResult>((answer, fail) => {
      asked.push({ sql, signal, answer, fail });
      signal.addEventListener("abort", () => fail(new Error("aborted")));
    });
  return { asked, sql: createSql({ sql: { query } } as unknown as Client) };
}

describe("a question in SQL", () => {
  it("keeps the last answer on screen while the next is asked, and where that fails", async () => {
    const { asked, sql } = byHand();
    const first = sql.run("SELECT 1", 10);
    expect(sql.isRunning.value).toBe(true);
    asked[0]!.answer(answerOf(1));
    await first;
    const second = sql.run("SELEC", 10);
    asked[1]!.fail(new AppError("E_SQL_FAILED", { detail: "near", place: "", offset: 0 }));
    await second;
    expect([sql.isRunning.value, sql.error.value?.code, sql.result.value?.rows]).toEqual([false, "E_SQL_FAILED", [[1]]]);
  });

  it("is stopped at once; what comes late is not its answer, and the next one runs", async () => {
    const { asked, sql } = byHand();
    const first = sql.run("endless", 10);
    await sql.run("while the other runs", 10);
    expect(asked.length).toBe(1);
    sql.stop();
    expect([asked[0]!.signal.aborted, sql.isRunning.value, sql.wasStopped.value]).toEqual([true, false, true]);
    const second = sql.run("SELECT 2", 10);
    await first;
    expect([sql.isRunning.value, sql.error.value]).toEqual([true, null]);
    asked[1]!.answer(answerOf(2));
    await second;
    expect([sql.result.value?.rows, sql.wasStopped.value]).toEqual([[[2]], false]);
  });
});
