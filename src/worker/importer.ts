/** @file Entry of the data worker thread: one task, on a connection of its own, reported by messages. */
import { workerData } from "node:worker_threads";
import { serveDataTask } from "#services/serveDataTask.ts";
import type { DataWorkerInput } from "#services/dataTask.ts";

await serveDataTask(workerData as DataWorkerInput);
