/**
 * @file The core: one workspace, its store, its jobs and its trainers. Every shell opens one and hands it to the procedures.
 *
 * It is the workspace's only writer; a second one is refused while this one is open.
 */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { openStore, type Store } from "#store/index.ts";
import { lockWorkspace } from "#store/workspaceLock.ts";
import { registerChangeRestart } from "./changes/changeTrajectories.ts";
import { createEngines, type Engines } from "./engines.ts";
import { registerEvaluateRestart } from "./evaluateRun.ts";
import { endAbandonedExperiments, registerExperimentRestart } from "./experiments/runExperiment.ts";
import { registerExportRestart } from "./exportDataset.ts";
import { registerModelExportRestart } from "./exportModel.ts";
import { featuresDir } from "./featureFile.ts";
import { registerFetchRestart } from "./fetchModel.ts";
import { registerImportRestart } from "./importDataset.ts";
import { JobRegistry } from "./jobs.ts";
import { removeIncoming } from "./keepSourceFile.ts";
import { registerIndexRestart } from "./startIndexing.ts";
import { registerTrainRestart } from "./resumeRun.ts";
import { registerReliabilityRestart } from "./tracing/reliability.ts";
import { registerTraceRestart } from "./tracing/startTracing.ts";
import { createTrainerHost, forkTrainer, type SpawnTrainer, type TrainerHost } from "./trainerHost.ts";

export interface CoreOptions {
  /** Created where it is missing or empty; a folder with other things in it is refused. */
  readonly workspaceDir: string;
  /** Entry files of the trainer process and of the importer thread: built ones, or the `.ts` sources where Node runs those. */
  readonly trainerEntry: string;
  readonly importerEntry: string;
  /** Folder with `help/` and `models/`. */
  readonly resourcesDir: string;
  /** Folder with `sample/`. */
  readonly datasetsDir: string;
  /** How a trainer process is started. Default: `child_process.fork` of `trainerEntry`. */
  readonly spawn?: SpawnTrainer;
}

/** Folders and files, all absolute. */
export interface CorePaths {
  readonly workspace: string;
  readonly database: string;
  readonly sources: string;
  readonly runs: string;
  readonly exports: string;
  /** Fetched models, a folder each. */
  readonly models: string;
  readonly logs: string;
  /** Features of runs' examples, a file for each checkpoint that has them. */
  readonly features: string;
  readonly resources: string;
  readonly datasets: string;
  readonly importerEntry: string;
}

export interface Core {
  readonly paths: CorePaths;
  readonly store: Store;
  readonly jobs: JobRegistry;
  readonly trainers: TrainerHost;
  readonly engines: Engines;
  /** A core over another folder, with the same processes and resources; whoever opens it closes it. */
  openBeside(workspaceDir: string): Core;
  /** True from the first call of `close`: nothing new is started then. */
  isClosing(): boolean;
  /** Stops jobs (each keeps what it has done), ends the trainers, closes the database, lets go of the lock. */
  close(): Promise<void>;
}

const DATABASE = "workspace.sqlite";
const LOCK = "workspace.lock";
/** A run that stops saves a checkpoint first; whatever is not done by then is interrupted. */
const CLOSE_TIMEOUT_MS = 20_000;

export function openCore(options: CoreOptions): Core {
  const paths = pathsOf(options);
  prepareFolder(paths.workspace);
  const lock = lockWorkspace(join(paths.workspace, LOCK), paths.workspace);
  let store: Store;
  try {
    store = openStore(paths.database);
    store.runs.interruptActive();
    store.previews.removeUnfinished();
  } catch (error) {
    lock.release();
    throw AppError.from(error);
  }
  for (const folder of [paths.sources, paths.runs, paths.exports, paths.models, paths.logs]) mkdirSync(folder, { recursive: true });
  removeIncoming(paths.sources);
  const jobs = new JobRegistry(store);
  const trainers = createTrainerHost(options.spawn ?? forkTrainer(resolve(options.trainerEntry)));

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await jobs.close(CLOSE_TIMEOUT_MS);
    await trainers.close();
    store.close();
    lock.release();
  };
  const core: Core = {
    paths,
    store,
    jobs,
    trainers,
    engines: createEngines(trainers),
    openBeside: (workspaceDir) => openCore({ ...options, workspaceDir }),
    isClosing: () => closing !== undefined,
    close: () => (closing ??= close()),
  };
  registerImportRestart(core);
  registerTrainRestart(core);
  registerEvaluateRestart(core);
  registerIndexRestart(core);
  registerExportRestart(core);
  registerFetchRestart(core);
  registerModelExportRestart(core);
  registerChangeRestart(core);
  registerTraceRestart(core);
  registerReliabilityRestart(core);
  registerExperimentRestart(core);
  endAbandonedExperiments(core);
  return core;
}

function pathsOf(options: CoreOptions): CorePaths {
  const workspace = resolve(options.workspaceDir);
  return {
    workspace,
    database: join(workspace, DATABASE),
    sources: join(workspace, "sources"),
    runs: join(workspace, "runs"),
    exports: join(workspace, "exports"),
    models: join(workspace, "models"),
    logs: join(workspace, "logs"),
    features: featuresDir(workspace),
    resources: resolve(options.resourcesDir),
    datasets: resolve(options.datasetsDir),
    importerEntry: resolve(options.importerEntry),
  };
}

/** Makes an empty folder a workspace's; leaves alone what is somebody else's. */
function prepareFolder(workspace: string): void {
  try {
    mkdirSync(workspace, { recursive: true });
    if (!statSync(workspace).isDirectory()) throw new AppError("E_WORKSPACE_MISSING", { path: workspace });
    const names = readdirSync(workspace);
    const isWorkspace = names.length === 0 || names.includes(DATABASE) || names.every((name) => name.startsWith(LOCK));
    if (!isWorkspace) throw new AppError("E_WORKSPACE_MISSING", { path: workspace });
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EEXIST" || error.code === "ENOTDIR")) {
      throw new AppError("E_WORKSPACE_MISSING", { path: workspace }, { cause: error });
    }
    throw AppError.from(error);
  }
}

/** What a person calls the workspace: its folder's name. */
export function workspaceName(paths: CorePaths): string {
  return basename(paths.workspace);
}
