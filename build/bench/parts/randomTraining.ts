/** @file A training on random rows, one a step: the same work for us and for the peer. */
import { runConfigSchema, type RunConfig } from "#contracts/run.ts";
import { measureWith } from "./inProcess.ts";
import { configOf, type Shape } from "./shapes.ts";
import { runPeer, type PeerSettings, type Torch } from "./torch.ts";
import {
  exampleOf,
  randomRows,
  RECIPE,
  stepsOf,
  withWorkFile,
  type OurTraining,
  type PeerTraining,
  type TrainingMeasured,
  type WorkRow,
} from "./work.ts";

export interface RandomTraining {
  readonly modelDir: string;
  readonly shape: Shape;
  readonly numTokens: number;
  readonly numSteps: number;
  readonly supervisedShare: number;
}

const rowsOf = ({ shape, numTokens, numSteps, supervisedShare }: RandomTraining): WorkRow[] =>
  randomRows(numSteps, numTokens, configOf(shape).vocabSize, supervisedShare);

function configFor({ numTokens }: RandomTraining): RunConfig {
  const once = { epochs: 1, microBatchSize: 1, gradientAccumulationSteps: 1, warmupSteps: 0, dropout: 0 } as const;
  return runConfigSchema.parse({ ...RECIPE, ...once, lrSchedule: "constant", maxLength: Math.max(16, numTokens) });
}

export function trainOurs(training: RandomTraining): Promise<TrainingMeasured> {
  const work: OurTraining = { modelDir: training.modelDir, config: configFor(training), examples: rowsOf(training).map(exampleOf) };
  return withWorkFile(work, (file) => measureWith("measureTraining.ts", file));
}

export function trainPeer(training: RandomTraining, torch: Torch, { numThreads, precision }: PeerSettings): Promise<TrainingMeasured> {
  const steps = stepsOf(rowsOf(training), configFor(training));
  const work: PeerTraining = { modelDir: training.modelDir, recipe: RECIPE, steps, numThreads, precision };
  return withWorkFile(work, (file) => runPeer(torch, "train.py", file));
}
