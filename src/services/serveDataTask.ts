/** @file The worker's side of a data task: opens a connection, runs the task, answers with its result or its error. */
import { parentPort } from "node:worker_threads";
import { AppError } from "#contracts/errors.ts";
import { giveTurn, openWorkerStore, type Store } from "#store/index.ts";
import { CONTROL, type DataTask, type DataWorkerInput, type FromDataWorker, type TaskControl } from "./dataTask.ts";

export async function serveDataTask({ entry, database, task, control, turn }: DataWorkerInput): Promise<void> {
  const post = (message: FromDataWorker) => parentPort!.postMessage(message);
  let store: Store | undefined;
  try {
    store = openWorkerStore(database);
    const result = await run(store, task, controlOver({ control, turn }, task, post), entry);
    store.checkpoint();
    store.close();
    post({ type: "done", result });
  } catch (thrown) {
    const { code, params, stack } = AppError.from(thrown).toJSON();
    store?.close();
    post({ type: "failed", error: { code, params, ...(stack === undefined ? {} : { stack }) } });
  }
}

/** Loads what its task needs and no more: a thread is started for every job, and most are short. */
async function run(store: Store, task: DataTask, control: TaskControl, entry: string): Promise<unknown> {
  switch (task.type) {
    case "import":
      return (await import("./importFiles.ts")).importFiles(store, task, control, entry);
    case "index":
      return (await import("./indexContents.ts")).indexContents(store, control);
    case "change":
      return (await import("./changes/applyChange.ts")).applyChange(store, task.changeId, control);
    case "merge":
      return (await import("./merge/mergeWorkspace.ts")).mergeWorkspace(store, task, control);
    case "preview":
      return (await import("./changes/walkPreview.ts")).walkPreview(store, task.previewId, control);
    case "freeze":
      return store.transaction(() => store.dataVersions.freeze({ ...task, at: new Date().toISOString() }));
    case "export":
      return (await import("./exportFiles.ts")).exportFiles(store, task, control);
    case "model export":
      return (await import("./exportModelFiles.ts")).exportModelFiles(store, task, control);
  }
}

function controlOver(
  { control, turn }: Pick<DataWorkerInput, "control" | "turn">,
  task: DataTask,
  post: (message: FromDataWorker) => void,
): TaskControl {
  return {
    report: (report, changed = false) => post({ type: "progress", report, changed }),
    checkpoint: () => {
      giveTurn(turn);
      if (Atomics.load(control, 0) === CONTROL.pause) {
        post({ type: "paused", isPaused: true });
        while (Atomics.load(control, 0) === CONTROL.pause) Atomics.wait(control, 0, CONTROL.pause);
        post({ type: "paused", isPaused: false });
      }
      if (Atomics.load(control, 0) === CONTROL.cancel) throw new AppError("E_CANCELLED", { what: `The ${task.type}` });
    },
  };
}
