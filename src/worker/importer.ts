/**
 * @file Entry of data work beside the core. As a thread: one task, on a connection of its own, reported by messages; the task's own thread
 * that reads a large file is another instance of it, as is the one that measures agreement. As a process: one question in SQL.
 */
import { isMainThread, workerData } from "node:worker_threads";
import { serveAgreement, type AgreementInput } from "#services/agreement.ts";
import type { DataWorkerInput } from "#services/dataTask.ts";
import { serveDataTask } from "#services/serveDataTask.ts";
import { serveSourceReader, type SourceReaderInput } from "#services/sourceReader.ts";
import { serveSqlQuestion } from "#services/sqlConsole.ts";

const input = workerData as DataWorkerInput | SourceReaderInput | AgreementInput | null;
if (isMainThread || input === null) serveSqlQuestion();
else if ("task" in input) await serveDataTask(input);
else if ("agreement" in input) serveAgreement(input);
else void serveSourceReader(input);
