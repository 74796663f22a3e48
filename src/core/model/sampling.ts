/** @file From the scores of the next token to a token. */

export interface Choice {
  readonly tokenId: number;
  /** Natural log-probability under the model itself, whatever temperature and nucleus it was drawn with. */
  readonly logProb: number;
  /** The likeliest tokens under the model itself, likeliest first; the lower id first among equals. */
  readonly alternatives: readonly { readonly tokenId: number; readonly logProb: number }[];
}

export interface SamplingRule {
  /** 0 is greedy: the highest score, the lowest id among equals. */
  readonly temperature: number;
  /** Draw from the smallest set of tokens whose probabilities add up to this (Holtzman et al. 2020, nucleus sampling). */
  readonly topP: number;
}

/**
 * @param logits_V  borrowed
 * @param uniform          next number in [0, 1); not called when greedy
 * @param numAlternatives  how many of the likeliest tokens to tell, the chosen one among them or not
 */
export function chooseToken(logits_V: Float32Array, rule: SamplingRule, uniform: () => number, numAlternatives = 0): Choice {
  const best = indexOfLargest(logits_V);
  const largest = logits_V[best]!;
  let total = 0;
  for (const logit of logits_V) total += Math.exp(logit - largest);
  const logTotal = largest + Math.log(total);
  const tokenId = rule.temperature === 0 ? best : draw(logits_V, largest, rule, uniform());
  const alternatives = indicesOfLargest(logits_V, numAlternatives).map((id) => ({ tokenId: id, logProb: logits_V[id]! - logTotal }));
  return { tokenId, logProb: logits_V[tokenId]! - logTotal, alternatives };
}

/**
 * The same among the tokens that are allowed; where none is, among all. Greedily the likeliest are asked one by one, for the first or second is nearly
 * always allowed.
 *
 * @param logits_V  borrowed
 */
export function chooseAllowedToken(
  logits_V: Float32Array,
  rule: SamplingRule & { readonly numAlternatives?: number },
  uniform: () => number,
  isAllowed: (tokenId: number) => boolean,
): Choice {
  const left = logits_V.slice();
  if (rule.temperature === 0) {
    for (let tried = 0; tried < left.length; tried++) {
      const best = indexOfLargest(left);
      if (isAllowed(best)) break;
      left[best] = -Infinity;
    }
  } else {
    for (let id = 0; id < left.length; id++) if (!isAllowed(id)) left[id] = -Infinity;
  }
  const from = left.some((logit) => logit > -Infinity) ? left : logits_V;
  const { tokenId } = chooseToken(from, rule, uniform);
  const { alternatives } = chooseToken(logits_V, { temperature: 0, topP: 1 }, uniform, rule.numAlternatives);
  return { tokenId, logProb: scoreToken(logits_V, tokenId).logProb, alternatives };
}

/** How likely one token is, and how many are likelier. @param logits_V borrowed */
export function scoreToken(logits_V: Float32Array, tokenId: number): { readonly logProb: number; readonly rank: number } {
  const own = logits_V[tokenId]!;
  const largest = logits_V[indexOfLargest(logits_V)]!;
  let total = 0;
  let rank = 1;
  logits_V.forEach((logit, id) => {
    total += Math.exp(logit - largest);
    if (logit > own || (logit === own && id < tokenId)) rank++;
  });
  return { logProb: own - largest - Math.log(total), rank };
}

/** Largest first; `count` is small, so each value is compared with the smallest kept and seldom with more. */
function indicesOfLargest(values: Float32Array, count: number): readonly number[] {
  const kept: number[] = [];
  if (count === 0) return kept;
  for (let i = 0; i < values.length; i++) {
    if (kept.length === count && !(values[i]! > values[kept[count - 1]!]!)) continue;
    let place = kept.length === count ? count - 1 : kept.length;
    for (; place > 0 && values[i]! > values[kept[place - 1]!]!; place--) kept[place] = kept[place - 1]!;
    kept[place] = i;
  }
  return kept;
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function draw(logits_V: Float32Array, largest: number, { temperature, topP }: SamplingRule, point: number): number {
  const weights = Float64Array.from(logits_V, (logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = Array.from(weights.keys());
  if (topP < 1) order.sort((a, b) => weights[b]! - weights[a]! || a - b);
  let kept = 0;
  let mass = 0;
  while (kept < order.length && (kept === 0 || mass < topP * total)) mass += weights[order[kept++]!]!;
  let rest = point * mass;
  for (let i = 0; i < kept; i++) {
    rest -= weights[order[i]!]!;
    if (rest < 0) return order[i]!;
  }
  // rounding left a sliver beyond the last one
  return order[kept - 1]!;
}
