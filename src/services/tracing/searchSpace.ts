/** @file What a case is searched in: the examples of its run, and their features at its checkpoint, indexed as far as the model's width allows. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { isIndexedWhole } from "#core/attribution/featureSpec.ts";
import { rankByScore } from "#core/attribution/fuse.ts";
import type { CaseRecord } from "#store/cases.ts";
import { checkpointName, listCheckpoints, readTrainerState, weightsFingerprint, type CheckpointFolder } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import { featureFileName, openFeatureReader, type FeatureReader } from "../featureFile.ts";
import { readModelFolder, runDirOf, type ModelFolder } from "../models.ts";
import { openRunExamples, type RunExamples } from "./runExamples.ts";
import { commonStates, lexicalScores, type CommonStates } from "./signalsOf.ts";

/** Of a wide model each failure has the features of so many of the examples most like it by words computed, seconds each; they stay in the file. */
const CANDIDATES_BY_WORDS = 200;

export interface Features {
  readonly reader: FeatureReader;
  readonly common: CommonStates;
  /** Spent on rows that were not there. */
  readonly seconds: number;
}

export interface SearchSpace {
  readonly runId: string;
  readonly runDir: string;
  readonly checkpoint: CheckpointFolder;
  readonly model: ModelFolder;
  /** Tokens of a prompt and its answer together. */
  readonly window: number;
  readonly examples: RunExamples;
  /** Those of all examples, or of the ones most like a text. Closed with the space. */
  features(text: string, onProgress: (done: number, total: number) => void): Promise<Features>;
  close(): void;
}

/** The run and the checkpoint whose model wrote it. */
export function placeOfCase(
  core: Core,
  { id, runId, checkpointStep }: CaseRecord,
): { readonly runId: string; readonly checkpoint: CheckpointFolder } {
  const refuse = (detail: string): AppError => new AppError("E_CASE_STEP", { case: id, detail });
  if (runId === null)
    throw refuse("it was written by a model that no run of this workspace trained, so there are no examples to trace it to");
  const checkpoints = listCheckpoints(runDirOf(core.paths, core.store.runs.get(runId).id));
  const checkpoint = checkpoints.find(({ step }) => step === checkpointStep);
  if (checkpoint === undefined) throw refuse(`${checkpointName(checkpointStep ?? 0)} of ${runId}, which wrote it, is not kept any more`);
  return { runId, checkpoint };
}

/** @throws E_FILE_NOT_FOUND, E_EXAMPLES_CORRUPT, E_CHECKPOINT_CORRUPT, E_CANCELLED */
export async function openSearchSpace(
  core: Core,
  { runId, checkpoint }: { readonly runId: string; readonly checkpoint: CheckpointFolder },
  signal: AbortSignal,
): Promise<SearchSpace> {
  const runDir = runDirOf(core.paths, runId);
  const model = await readModelFolder(checkpoint.dir);
  const fingerprint = weightsFingerprint(await readTrainerState(checkpoint.dir));
  const examples = await openRunExamples(runDir, model.tokenizer, signal);
  const isWhole = isIndexedWhole(model.config);
  const path = join(core.paths.features, featureFileName(runId, checkpoint.step));
  let opened: Omit<Features, "seconds"> | null = null;

  const open = (): Omit<Features, "seconds"> => {
    const reader = openFeatureReader(path);
    opened = { reader, common: commonStates(reader) };
    return opened;
  };
  const closeFeatures = (): void => {
    opened?.reader.close();
    opened = null;
  };
  /** A file that is there and fits; one that does not is made anew by the index. */
  const openIfFit = (): Omit<Features, "seconds"> | null => {
    if (opened !== null || !existsSync(path)) return opened;
    try {
      if (open().reader.header.checkpoint === fingerprint) return opened;
    } catch (error) {
      if (!(error instanceof AppError && error.code === "E_FEATURES_CORRUPT")) throw error;
    }
    closeFeatures();
    return null;
  };

  async function features(text: string, onProgress: (done: number, total: number) => void): Promise<Features> {
    const wanted = isWhole ? examples.trained : rankByScore(lexicalScores(text, examples)).slice(0, CANDIDATES_BY_WORDS);
    const before = openIfFit();
    if (before !== null && wanted.every((index) => before.reader.head(index) !== null)) return { ...before, seconds: 0 };
    closeFeatures();
    const { seconds } = await core.trainers.index({
      ...{ runDir, runId, checkpointDir: checkpoint.dir, featuresDir: core.paths.features },
      ...(isWhole ? {} : { indices: wanted }),
      ...{ onProgress, signal },
    });
    return { ...open(), seconds };
  }

  return {
    ...{ runId, runDir, checkpoint, model, examples, features },
    window: Math.min(model.config.maxPositionEmbeddings, core.store.runs.get(runId).config.maxLength),
    close: () => {
      closeFeatures();
      examples.close();
    },
  };
}
