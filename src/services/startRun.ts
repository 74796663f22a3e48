/** @file Starts a run: what can be wrong with its settings is said at once, everything later is the job's. */
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import { resolveRunConfig, type RunConfigSources } from "#core/training/resolveRunConfig.ts";
import type { Core } from "./core.ts";
import { modelDirOf, readModelFolder, requireVocabularyFits } from "./models.ts";
import { startTrainingJob } from "./trainingJob.ts";

export interface StartedRun {
  readonly runId: string;
  readonly jobId: string;
}

/** @throws E_CONFIG_INVALID, E_MODEL_INVALID, E_TOKENIZER_MISSING, E_RUN_NO_CHECKPOINT */
export async function startRun(core: Core, sources: RunConfigSources): Promise<StartedRun> {
  const config = resolveRunConfig(sources);
  await requireFit(core, config);
  const runId = core.store.runs.create(config);
  const { id: jobId } = startTrainingJob(core, { runId, resume: false });
  return { runId, jobId };
}

/** Settings against the model: its window and its vocabulary. */
async function requireFit(core: Core, { baseModel, maxLength }: RunConfig): Promise<void> {
  const folder = await readModelFolder(modelDirOf(core.paths, baseModel));
  const { config: model } = folder;
  if (maxLength > model.maxPositionEmbeddings) {
    const detail = `maxLength: ${maxLength} is longer than the ${model.maxPositionEmbeddings} positions of ${baseModel}`;
    throw new AppError("E_CONFIG_INVALID", { detail });
  }
  requireVocabularyFits(folder);
}
