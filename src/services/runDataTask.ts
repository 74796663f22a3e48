/** @file The core's side of the data worker: one worker thread for each job, ended with it. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";
import { CONTROL, type DataTask, type DataWorkerInput, type FromDataWorker } from "./dataTask.ts";
import type { JobHandle } from "./jobs.ts";

/** Bounds the worker's heap: a file of any size goes through in batches. */
const MAX_HEAP_MB = 1024;
/** How long a worker that has answered may take to end. */
const MAX_ENDING_MS = 2000;

/** Runs a task for a job; `onChanged` is called where the task has written rows. Resolves with the task's result. */
export function runDataTask(core: Core, task: DataTask, handle: JobHandle, onChanged: () => void): Promise<unknown> {
  const control = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const entry = core.paths.importerEntry;
  const workerData: DataWorkerInput = { entry, database: core.paths.database, task, control, turn: core.store.turn };
  const worker = new Worker(entry, { workerData, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
  const steer = (value: number): void => {
    Atomics.store(control, 0, value);
    Atomics.notify(control, 0);
  };
  handle.onPause((pause) => steer(pause ? CONTROL.pause : CONTROL.go));
  const cancel = () => steer(CONTROL.cancel);
  handle.signal.addEventListener("abort", cancel, { once: true });
  if (handle.signal.aborted) cancel();

  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromDataWorker) => {
      switch (message.type) {
        case "progress":
          handle.report(message.report);
          if (message.changed) onChanged();
          return;
        case "paused":
          return handle.paused(message.isPaused);
        case "done":
          return resolve(message.result);
        case "failed":
          return reject(AppError.from(message.error));
      }
    });
    worker.once("error", (error) => reject(AppError.from(error)));
    worker.once("exit", (code) => reject(new AppError("E_BUG", { detail: `the data worker ended with code ${code}` })));
  }).finally(() => {
    handle.signal.removeEventListener("abort", cancel);
    return ended(worker);
  });
}

/** A worker that has answered has closed its store and ends by itself; only one that does not is ended from outside. */
async function ended(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  const late = setTimeout(() => void worker.terminate(), MAX_ENDING_MS);
  await once(worker, "exit");
  clearTimeout(late);
}
