/**
 * @file Entry of data work beside the core. As a thread: one task, on a connection of its own, reported by messages; the task's own thread
 * that reads a large file is another instance of it, as is the one that measures agreement. As a process: one question in SQL.
 */
import { isMainThread, workerData } from "node:worker_threads";
import type { AgreementInput } from "#services/agreement.ts";
import type { DataWorkerInput } from "#services/dataTask.ts";
import type { SourceReaderInput } from "#services/sourceReader.ts";

const input = workerData as DataWorkerInput | SourceReaderInput | AgreementInput | null;
if (isMainThread || input === null) (await import("#services/sqlConsole.ts")).serveSqlQuestion();
else if ("task" in input) await (await import("#services/serveDataTask.ts")).serveDataTask(input);
else if ("agreement" in input) (await import("#services/agreement.ts")).serveAgreement(input);
else void (await import("#services/sourceReader.ts")).serveSourceReader(input);
