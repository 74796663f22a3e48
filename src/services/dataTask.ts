/**
 * @file What the core and its data worker say to each other. Import, index and export run in a worker thread with a connection of its
 * own, so that reading a large file never holds up a question from the page.
 */
import type { WriteTurn } from "#store/index.ts";
import type { ExportFormat, ImportFormat } from "#contracts/imports.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { SerializedError } from "#contracts/trainer.ts";
import type { MergeTask } from "./merge/mergeWorkspace.ts";
import type { ModelExportTask } from "./exportModelFiles.ts";
import type { InputFile } from "./inputFiles.ts";
import type { JobReport } from "./jobs.ts";

export type DataTask =
  | { readonly type: "import"; readonly files: readonly InputFile[]; readonly format: ImportFormat | null; readonly sourcesDir: string }
  | { readonly type: "index" }
  | { readonly type: "change"; readonly changeId: number }
  | { readonly type: "preview"; readonly previewId: number }
  | { readonly type: "freeze"; readonly name: string; readonly note: string; readonly author: string }
  | ({ readonly type: "merge" } & MergeTask)
  | ({ readonly type: "model export" } & ModelExportTask)
  | {
      readonly type: "export";
      readonly format: ExportFormat;
      readonly directory: string;
      readonly filter: TrajectoryFilter;
      readonly sourcesDir: string;
    };

export interface DataWorkerInput {
  /** The worker's own file: a task may start a thread of it that reads. */
  readonly entry: string;
  readonly database: string;
  readonly task: DataTask;
  /** One number the worker looks at between batches; see `CONTROL`. */
  readonly control: Int32Array<SharedArrayBuffer>;
  /** Given to the core between batches. */
  readonly turn: WriteTurn;
}

export const CONTROL = { go: 0, pause: 1, cancel: 2 } as const;

export type FromDataWorker =
  | { readonly type: "progress"; readonly report: JobReport; readonly changed: boolean }
  | { readonly type: "paused"; readonly isPaused: boolean }
  | { readonly type: "done"; readonly result: unknown }
  | { readonly type: "failed"; readonly error: SerializedError };

/** What a task's code sees of its job. */
export interface TaskControl {
  /** Sends progress now; `changed` where rows were written since the last call. */
  report(report: JobReport, changed?: boolean): void;
  /** Between batches: lets the core write first, waits out a pause; throws `E_CANCELLED` after a cancel. */
  checkpoint(): void;
}
