/**
 * @file Patches inside the trainer process: what a model would write had it been pushed away from some of its examples.
 *
 * One step goes against the mean loss of a set's examples, each counting as much as every other:
 *
 *   g = sum over examples of the gradient of their mean loss
 *   w = w + learningRate * sqrt(P) * g / |g|,   P the number of parameters
 *
 * An AdamW update moves every parameter by about the learning rate, so a step is as long as one update at that rate, in the direction of plain
 * gradient ascent. The moments of the run have no say in it: they know of the examples of its last steps alone.
 */
import { join } from "node:path";
import type { PatchRequest } from "#contracts/trainer.ts";
import { generate } from "#core/model/generate.ts";
import type { ExampleFile } from "#core/training/exampleFile.ts";
import { assembleMicroBatch } from "#core/training/microBatch.ts";
import { globalGradNorm } from "#core/training/optimizer.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { openExamples } from "#services/exampleSource.ts";
import { EXAMPLE_FILE } from "#services/prepareExamples.ts";
import { breathing } from "./generation.ts";
import { breathe, groupsOf, type Tracing } from "./traceExamples.ts";

const WHAT = "The patch";

/** @throws E_CANCELLED, E_EXAMPLES_CORRUPT, E_CHECKPOINT_CORRUPT */
export async function answerPatch(request: PatchRequest, { engineOf, send, signal }: Tracing): Promise<void> {
  const { requestId, runDir, checkpointDir, sets, question, texts } = request;
  const { examples, close } = openExamples(join(runDir, EXAMPLE_FILE));
  try {
    const engine = await engineOf(checkpointDir);
    const kept = engine.parameters.map(({ values }) => values.slice());
    const putBack = (): void => engine.parameters.forEach(({ values }, i) => values.set(kept[i]!));
    let firstNorm: number | null = null;
    for (const [setIndex, indices] of sets.entries()) {
      try {
        for (let step = 0; step < request.numSteps && indices.length > 0; step++) {
          const norm = await gradientOf(engine, examples, indices, signal);
          if (step === 0) firstNorm ??= norm;
          ascend(engine, request.learningRate, request.isScaledByFirst ? firstNorm! : norm);
        }
        const logProbs: number[] = [];
        for (const text of texts) {
          await breathe(signal, WHAT);
          logProbs.push(await meanLogProb(engine, text));
        }
        const [answer = null] =
          question === null
            ? []
            : await generate(breathing(engine), [question.inputIds], question.sampling, { stopTokenIds: question.stopTokenIds, signal });
        send({ type: "patched", requestId, setIndex, logProbs, answer });
      } finally {
        putBack();
      }
    }
  } finally {
    close();
  }
}

/** Leaves the sum over examples of the gradients of their mean losses in the engine. @returns its norm */
async function gradientOf(engine: ModelEngine, examples: ExampleFile, indices: readonly number[], signal: AbortSignal): Promise<number> {
  engine.zeroGradients();
  for (const { batch } of groupsOf(examples, indices, engine.config.maxPositionEmbeddings)) {
    await breathe(signal, WHAT);
    const lossWeights_BT = batch.lossWeights_BT.slice();
    for (let row = 0; row < batch.batchSize; row++) {
      const own = lossWeights_BT.subarray(row * batch.length, (row + 1) * batch.length);
      const sum = own.reduce((total, weight) => total + weight, 0);
      if (sum > 0) own.forEach((weight, t) => (own[t] = weight / sum));
    }
    await engine.accumulateGradients({ ...batch, lossWeights_BT });
  }
  return globalGradNorm(engine.parameters, 1);
}

function ascend({ parameters }: ModelEngine, learningRate: number, norm: number): void {
  if (!(norm > 0)) return;
  const numParameters = parameters.reduce((sum, { values }) => sum + values.length, 0);
  const factor = (learningRate * Math.sqrt(numParameters)) / norm;
  for (const { values, gradient } of parameters) for (let i = 0; i < values.length; i++) values[i]! += factor * gradient[i]!;
}

async function meanLogProb(engine: ModelEngine, { inputIds, lossWeights }: PatchRequest["texts"][number]): Promise<number> {
  const example = { inputIds, labels: inputIds, lossWeights, segments: new Uint8Array(inputIds.length) };
  const maxLength = engine.config.maxPositionEmbeddings;
  const { lossSum, weightSum } = await engine.evaluateLoss(assembleMicroBatch([example], { padTokenId: 0, maxLength, dropoutSeed: 0 }));
  return weightSum > 0 ? -lossSum / weightSum : 0;
}
