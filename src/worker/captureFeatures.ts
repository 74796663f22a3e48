/** @file Features that a run's last epoch leaves, in the passes that train: no example is computed twice for them. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { OptConfig } from "#contracts/model.ts";
import type { RunConfig } from "#contracts/run.ts";
import { featureMaker, featuresOfRow } from "#core/attribution/exampleFeatures.ts";
import { featureFileHeader, featureRowOf } from "#core/attribution/featureFile.ts";
import { defaultFeatureSpec, isIndexedWhole } from "#core/attribution/featureSpec.ts";
import type { ExampleFileIndex } from "#core/training/exampleFile.ts";
import type { StepCapture } from "#core/training/trainLoop.ts";
import { readTrainerState, weightsFingerprint } from "#services/checkpoints.ts";
import { featureFileName, openFeatureWriter, unfinishedFeatureFileName } from "#services/featureFile.ts";

/**
 * What `captureFeatures` means for a model. Where a model is narrow enough to run as one graph, the extra products are a small part of a step and
 * no layer's graph has to be compiled a second time.
 */
export const isCaptured = ({ captureFeatures }: RunConfig, model: OptConfig): boolean => captureFeatures ?? isIndexedWhole(model);

export interface FeatureCapture {
  readonly steps: StepCapture;
  /** The run is done: the rows become the features of its last checkpoint. */
  finish(checkpointDir: string): Promise<void>;
  close(): void;
}

export interface CaptureOptions {
  readonly model: OptConfig;
  readonly features: { readonly dir: string; readonly runId: string };
  readonly examples: ExampleFileIndex;
  readonly steps: { readonly numSteps: number; readonly stepsPerEpoch: number };
  /** False: rows that an earlier try of this run left are not of this one. */
  readonly isResumed: boolean;
}

/** Rows lie in a file of another name until the run is done; a run that is resumed adds to it. */
export async function openFeatureCapture({ model, features, examples, steps, isResumed }: CaptureOptions): Promise<FeatureCapture> {
  const { dir, runId } = features;
  const path = join(dir, unfinishedFeatureFileName(runId));
  if (!isResumed) await rm(path, { force: true });
  const maker = featureMaker(model, defaultFeatureSpec(model));
  const { tokenizer, dataVersion, lengths } = examples;
  const header = featureFileHeader(model, maker.spec, {
    runId,
    step: 0,
    origin: "training",
    checkpoint: "",
    tokenizer,
    dataVersion,
    numExamples: lengths.length,
  });
  const writer = await openFeatureWriter(path, header);
  return {
    steps: {
      // a whole epoch's steps, so that every example comes by; where the last epoch is cut short they reach into the one before
      fromStep: steps.numSteps - steps.stepsPerEpoch + 1,
      requestFor: (batch) => {
        const request = maker.requestFor(batch);
        return {
          taps: request.taps,
          take: (stepExamples, lossScale) => {
            const computed = request.take(lossScale);
            stepExamples.forEach(({ index, loss }, row) => {
              const { gradient, states } = featuresOfRow(computed, row, model, maker.spec);
              const stored = featureRowOf(gradient, states, loss.sum / loss.count);
              if (stored !== null) writer.write(index, stored);
            });
          },
        };
      },
    },
    async finish(checkpointDir) {
      // a run that was done before it was resumed takes nothing along, and leaves alone what it left then
      if (!writer.present.includes(1)) return rm(path, { force: true });
      const state = await readTrainerState(checkpointDir);
      const finished = { ...header, step: state.global_step, checkpoint: weightsFingerprint(state) };
      writer.finish(finished, join(dir, featureFileName(runId, state.global_step)));
    },
    close: () => writer.close(),
  };
}
