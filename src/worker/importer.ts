/**
 * @file Entry of the data worker thread: one task, on a connection of its own, reported by messages. The task's own thread that reads a
 * large file is another instance of it.
 */
import { workerData } from "node:worker_threads";
import type { DataWorkerInput } from "#services/dataTask.ts";
import { serveDataTask } from "#services/serveDataTask.ts";
import { serveSourceReader, type SourceReaderInput } from "#services/sourceReader.ts";

const input = workerData as DataWorkerInput | SourceReaderInput;
if ("task" in input) await serveDataTask(input);
else void serveSourceReader(input);
