/** @file The arrays of a request for taps, by the names that graphs give them. */
import type { OptConfig } from "#contracts/model.ts";
import { stateName, tapInputName, type TapRequest, tapResultName } from "#core/model/taps.ts";

export interface NamedArray {
  readonly name: string;
  readonly array: Float32Array;
  readonly shape: readonly number[];
}

/**
 * What a layer's work is fed.
 *
 * @param as  the layer as the graph knows it: one graph stands for every layer in block mode
 */
export function tapFeeds(config: OptConfig, { work, numQueryTokens, feed }: TapRequest, layer: number, as = layer): NamedArray[] {
  return work.maps.flatMap((map) =>
    [...work.inputShapes(config, map, numQueryTokens)].map(([name, shape]) => ({
      name: tapInputName({ layer: as, map }, name),
      array: feed({ layer, map }, name),
      shape,
    })),
  );
}

/** Where a layer's results go. */
export const tapResults = ({ work, result }: TapRequest, layer: number, as = layer): NamedArray[] =>
  work.results.map((name) => ({ name: tapResultName(as, name), ...result(layer, name) }));

/** Where pooled states go. */
export const stateResults = ({ hiddenSize }: OptConfig, { states }: TapRequest): NamedArray[] =>
  states.map((array, i) => ({ name: stateName(i), array, shape: [array.length / hiddenSize, hiddenSize] }));

/** All results of a whole pass. */
export const allResults = (config: OptConfig, taps: TapRequest): NamedArray[] => [
  ...taps.layers.flatMap((layer) => tapResults(taps, layer)),
  ...stateResults(config, taps),
];
