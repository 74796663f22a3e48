/** @file The store's door: every repository over one connection. */
import { annotationRepository } from "./annotations.ts";
import { annotatorRepository } from "./annotators.ts";
import { caseRepository } from "./cases.ts";
import { changeRepository } from "./changes.ts";
import { contentFactRepository } from "./contentFacts.ts";
import { conflictRepository } from "./conflicts.ts";
import { contentRepository } from "./contents.ts";
import { dataVersionRepository } from "./dataVersions.ts";
import { draftRepository } from "./drafts.ts";
import { evaluationRepository } from "./evaluations.ts";
import { experimentRepository } from "./experiments.ts";
import { failureRepository } from "./failures.ts";
import { jobRepository } from "./jobs.ts";
import { checkpointLog, databaseError, openDatabase, openWorkerConnection, type Db } from "./openDatabase.ts";
import { previewRepository } from "./previews.ts";
import { describeTables } from "./readOnlyQuery.ts";
import { runPointRepository } from "./runPoints.ts";
import { runRepository } from "./runs.ts";
import { savedViewRepository } from "./savedViews.ts";
import { searchIndex } from "./searchIndex.ts";
import { settingRepository } from "./settings.ts";
import { sourceRepository } from "./sources.ts";
import { toolCatalogue } from "./toolCatalogue.ts";
import { toolListRepository } from "./toolLists.ts";
import { traceRepository } from "./traces.ts";
import { trajectoryRepository } from "./trajectories.ts";
import { trajectoryLists } from "./trajectoryLists.ts";
import { createWriteTurn, takeTurn } from "./writeTurn.ts";
import { writtenRepository } from "./writtenTrajectories.ts";

export { createContentEncoder, type EncodedContent } from "./contentEncoder.ts";
export type { ContentSummary } from "./contents.ts";
export type { HistoricState, StoredChange, StoredOperation, TrajectoryState } from "./changes.ts";

export { giveTurn, type WriteTurn } from "./writeTurn.ts";

export type Store = ReturnType<typeof storeOver>;

/** Opens or creates a workspace database; see `openDatabase`. */
export function openStore(path: string): Store {
  return storeOver(openDatabase(path), path);
}

/** A second connection, for a worker of the process that has the store open. */
export function openWorkerStore(path: string): Store {
  return storeOver(openWorkerConnection(path), path);
}

function storeOver(db: Db, path: string) {
  const contents = contentRepository(db);
  const search = searchIndex(db);
  const annotators = annotatorRepository(db);
  const changes = changeRepository(db, annotators);
  const lists = trajectoryLists(db, search, annotators);
  const sources = sourceRepository(db);
  const trajectories = trajectoryRepository(db, contents);
  const toolLists = toolListRepository(db);
  // a worker's own is nobody's: it waits for the core between its batches
  const turn = createWriteTurn();
  return {
    path,
    /** Shared with workers, who give the core its turn between their batches. */
    turn,
    contents,
    search,
    settings: settingRepository(db),
    trajectories,
    lists,
    facts: contentFactRepository(db, toolLists),
    tools: toolCatalogue(lists, toolLists),
    views: savedViewRepository(db),
    sources,
    written: writtenRepository(db, { contents, sources, trajectories }),
    annotators,
    annotations: annotationRepository(db),
    changes,
    conflicts: conflictRepository(db),
    previews: previewRepository(db),
    drafts: draftRepository(db, turn),
    dataVersions: dataVersionRepository(db, changes),
    jobs: jobRepository(db, turn),
    runs: runRepository(db),
    runPoints: runPointRepository(db),
    evaluations: evaluationRepository(db),
    failures: failureRepository(db),
    cases: caseRepository(db),
    traces: traceRepository(db),
    experiments: experimentRepository(db),

    /** Writes: all of `work` or nothing; errors of the database come out as ours. */
    transaction<T>(work: () => T): T {
      try {
        return takeTurn(turn, () => db.transaction(work).immediate());
      } catch (error) {
        throw databaseError(error, path);
      }
    },

    /** Reads only: tables and their columns. */
    describeTables: () => describeTables(db),

    /** Writes: what it can of the write-ahead log into the database; for a worker that is done. */
    checkpoint: () => checkpointLog(db),

    /** Writes: moves the write-ahead log into the database and closes the connection. */
    close(): void {
      if (db.open) db.close();
    },
  };
}
