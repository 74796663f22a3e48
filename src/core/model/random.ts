/** @file Draws of the model: the seeded generator, and normal numbers for its weights. */
import { randomUniform } from "../trajectories/seededRandom.ts";

export { mixSeeds, randomIntegers, randomUniform } from "../trajectories/seededRandom.ts";

/** Fills with draws from a normal distribution of mean 0 (Box and Muller 1958). */
export function fillNormal(values: Float32Array, standardDeviation: number, seed: number): void {
  const uniform = randomUniform(seed);
  for (let i = 0; i < values.length; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
