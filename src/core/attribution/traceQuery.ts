/** @file A failure as a query: its features, and its exact products with examples. */
import type { FeatureSpec, QueryFeatures, TraceQuery, WeightedTokens } from "#contracts/attribution.ts";
import { assembleMicroBatch, type TrainExample } from "../training/microBatch.ts";
import type { MicroBatch, TappingEngine } from "../training/computeEngine.ts";
import { exampleFeatures, type FeatureMaker, responseWeights } from "./exampleFeatures.ts";
import { combineQueries, exactProducts, type QueryTaps, queryTaps } from "./ghostDot.ts";
import { vectorNorm } from "./quantise.ts";

const batchOf = ({ inputIds, lossWeights }: WeightedTokens, maxLength: number): MicroBatch => {
  const example: TrainExample = { inputIds, labels: inputIds, lossWeights, segments: new Uint8Array(inputIds.length) };
  return assembleMicroBatch([example], { padTokenId: 0, maxLength, dropoutSeed: 0 });
};

interface QueryPart {
  readonly batch: MicroBatch;
  /** Of its gradient in the query's. */
  readonly sign: 1 | -1;
}

function partsOf({ bad, correct }: TraceQuery, maxLength: number): QueryPart[] {
  const parts: QueryPart[] = [{ batch: batchOf(bad, maxLength), sign: 1 }];
  if (correct !== null) parts.push({ batch: batchOf(correct, maxLength), sign: -1 });
  return parts;
}

const perWeight = ({ lossSum, weightSum }: { readonly lossSum: number; readonly weightSum: number }): number =>
  weightSum > 0 ? lossSum / weightSum : 0;

/**
 * Features of a failure:
 *
 *   gradient = G(bad) / |G(bad)| - G(correct) / |G(correct)|
 *
 * Both texts count the same: what is right was not learned, so its gradient is many times as long, and the difference of plain means would ask what
 * argues against the right text and hardly what argues for the bad one.
 */
export async function queryFeatures(engine: TappingEngine, query: TraceQuery, maker: FeatureMaker): Promise<QueryFeatures> {
  const { maxPositionEmbeddings: maxLength } = engine.config;
  const { bad: badText, pooled = badText } = query;
  const pooledBatch = batchOf(pooled, maxLength);
  const isSameText = badText.inputIds.length === pooled.inputIds.length && badText.inputIds.every((id, t) => id === pooled.inputIds[t]);
  const features = [];
  for (const { batch, sign } of partsOf(query, maxLength)) {
    const computed = await exampleFeatures(engine, batch, maker, responseWeights(sign > 0 && isSameText ? pooledBatch : batch));
    const factor = inverse(vectorNorm(computed.gradients)) * sign;
    features.push({ gradient: computed.gradients.map((value) => factor * value), states: computed.states, loss: perWeight(computed) });
  }
  const [bad, correct] = features;
  const { states } = isSameText ? bad! : await exampleFeatures(engine, pooledBatch, maker);
  return {
    gradient: bad!.gradient.map((value, i) => value + (correct?.gradient[i] ?? 0)),
    states,
    badLoss: bad!.loss,
    correctLoss: correct?.loss ?? null,
  };
}

const inverse = (length: number): number => (length > 0 ? 1 / length : 0);

/** A failure whose products with examples can be asked for. */
export interface ExactQuery {
  readonly taps: QueryTaps;
  /** |dW(q)|². */
  readonly squaredNorm: number;
  /** Tokens of the bad output, and of its correction where there is one. */
  readonly numTokens: readonly number[];
}

/** The same combination as in `queryFeatures`, of whole gradients. */
export async function openExactQuery(engine: TappingEngine, query: TraceQuery, spec: FeatureSpec): Promise<ExactQuery> {
  const parts = partsOf(query, engine.config.maxPositionEmbeddings);
  const tapped: { readonly query: QueryTaps; readonly factor: number }[] = [];
  for (const { batch, sign } of parts) {
    const own = await queryTaps(engine, batch, spec);
    // its own length comes with the product with any query: itself, unscaled
    const { squaredNorms_B } = await exactProducts(engine, batch, combineQueries(engine.config, spec, [{ query: own, factor: 1 }]), spec);
    tapped.push({ query: own, factor: sign * inverse(Math.sqrt(squaredNorms_B[0]!)) });
  }
  const taps = combineQueries(engine.config, spec, tapped);
  // |q|² = ⟨q, sum of factor g⟩ = sum of factor ⟨q, g⟩
  let squaredNorm = 0;
  for (const [i, { batch }] of parts.entries()) {
    const { products_B } = await exactProducts(engine, batch, taps, spec);
    squaredNorm += tapped[i]!.factor * products_B[0]!;
  }
  return { taps, squaredNorm, numTokens: tapped.map(({ query }) => query.numTokens) };
}
