/**
 * @file How rows say which turns count in the loss: OpenAI's `weight` 0 or 1, any number elsewhere; Axolotl's `train`, ms-swift's `loss`.
 *
 * A turn of weight 0 is left out of the targets; any other weight but 1 is kept at the turn.
 */
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, Turn } from "#contracts/trajectory.ts";
import { nameOf, refuseShape } from "./format.ts";

export const LOSS_FIELDS = ["weight", "train", "training", "loss"] as const;

/** The weight that a message or an item is given, 1 where it is given none; undefined where its `weight` is none. */
export function weightOf(item: JsonObject): number | undefined {
  const { weight } = item;
  if (typeof weight === "number") return Number.isFinite(weight) && weight >= 0 ? weight : undefined;
  if (weight !== undefined && weight !== null && typeof weight !== "boolean") return undefined;
  // a number under `loss` may be one that was measured
  const flag = LOSS_FIELDS.map((field) => item[field]).find((value) => typeof value === "boolean");
  return flag === false ? 0 : 1;
}

/** Turns with their weights, and the targets where some turn is left out. `items[i]` is what turn i was read from. */
export function withWeights(
  turns: readonly Turn[],
  items: readonly (JsonObject | undefined)[],
  where: (index: number) => string,
): { readonly turns: readonly Turn[]; readonly targets?: readonly number[] } {
  const weights = turns.map((turn, i) => {
    const item = items[i];
    if (turn.role !== "assistant" || item === undefined) return 1;
    return weightOf(item) ?? refuseShape(`${where(i)}.weight is ${nameOf(item["weight"])}, not a number from 0 up`);
  });
  if (weights.every((weight) => weight === 1)) return { turns };
  const weighted = turns.map((turn, i): Turn => (turn.role === "assistant" ? weightedTurn(turn, weights[i]!) : turn));
  if (!weights.includes(0)) return { turns: weighted };
  return { turns: weighted, targets: turns.flatMap((turn, i) => (turn.role === "assistant" && weights[i] !== 0 ? [i] : [])) };
}

const weightedTurn = (turn: AssistantTurn, weight: number): AssistantTurn => (weight === 0 || weight === 1 ? turn : { ...turn, weight });

/** What to write at a turn: nothing where it counts once. */
export function weightToWrite(turn: Turn, index: number, targets: readonly number[] | undefined): number | undefined {
  if (turn.role !== "assistant") return undefined;
  return targets !== undefined && !targets.includes(index) ? 0 : turn.weight;
}
