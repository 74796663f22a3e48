/**
 * @file Questions in SQL. Each runs in a process of its own: SQLite cannot be interrupted from outside while it computes, and a process,
 * unlike a thread, can be ended in any case.
 */
import { fork } from "node:child_process";
import { AppError } from "#contracts/errors.ts";
import type { SqlResult } from "#contracts/procedures/finding.ts";
import type { SerializedError } from "#contracts/trainer.ts";
import { readOnlyQuery } from "#store/readOnlyQuery.ts";
import type { Core } from "./core.ts";

export interface SqlQuestion {
  readonly database: string;
  readonly sql: string;
  readonly limit: number;
}
type SqlAnswer = { readonly result: SqlResult } | { readonly error: SerializedError };

const LIMIT_SECONDS = 10;

export interface QueryOptions {
  readonly sql: string;
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  readonly limitSeconds?: number;
}

export function querySql(core: Core, { sql, limit, signal, limitSeconds = LIMIT_SECONDS }: QueryOptions): Promise<SqlResult> {
  // Electron's own binary is Node where it is told to be
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  const child = fork(core.paths.importerEntry, [], { serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc"], env });
  return new Promise<SqlResult>((resolve, reject) => {
    const timer = setTimeout(() => reject(new AppError("E_SQL_TOO_LONG", { seconds: limitSeconds })), limitSeconds * 1000);
    const cancel = (): void => reject(new AppError("E_CANCELLED", { what: "The question" }));
    signal?.addEventListener("abort", cancel, { once: true });
    child.once("message", (answer: SqlAnswer) => ("result" in answer ? resolve(answer.result) : reject(AppError.from(answer.error))));
    child.once("error", (error) => reject(AppError.from(error)));
    child.once("exit", () => reject(new AppError("E_BUG", { detail: "the process that asks the database ended without an answer" })));
    child.send({ database: core.paths.database, sql, limit } satisfies SqlQuestion);
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    };
    child.once("exit", done);
  }).finally(() => child.kill("SIGKILL"));
}

/** The process's side: answers one question and ends. */
export function serveSqlQuestion(): void {
  process.once("message", ({ database, sql, limit }: SqlQuestion) => {
    let answer: SqlAnswer;
    try {
      answer = { result: readOnlyQuery(database, sql, limit) };
    } catch (thrown) {
      const { code, params } = AppError.from(thrown).toJSON();
      answer = { error: { code, params } };
    }
    process.send!(answer, () => process.exit(0));
  });
  process.once("disconnect", () => process.exit(0));
}
