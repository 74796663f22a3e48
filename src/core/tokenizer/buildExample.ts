/**
 * @file From a trajectory to what enters a batch: token ids, loss mask, segments, and the record of what was cut.
 *
 * Which tokens are trained on:
 * - `allAssistantTurns`: text and end token of every assistant turn that the source recorded as a target; of every assistant turn where
 *   it recorded none. (ToolBench explodes a path into rows; a turn that was the last of no row is context there, and stays context.)
 * - `lastAssistantTurn`: of the last of these only, as ToolLLaMA trains (`train/train.py`: the last reply is learnt, the rest is history).
 * - `everything`: every token but the first, role markers included; plain language modelling.
 *
 * A turn's own weight, where the source gave it one, multiplies what its tokens count. Role markers are context in the first two modes. The mask is aligned with `inputIds` and unshifted: 1 at position t means that the
 * prediction *of* token t counts; nothing predicts token 0.
 */
import { AppError, type ErrorCode, type ErrorParams } from "#contracts/errors.ts";
import type { ExampleOutcome, ExampleRefusal, MaskMode, TokenizedExample } from "#contracts/example.ts";
import type { Trajectory, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { encodeBlocks, flatten } from "./blocks.ts";
import { fitToWindow, type Fit } from "./fitToWindow.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface ExampleOptions {
  /** Tokens that the window holds. */
  readonly maxLength: number;
  readonly maskMode: MaskMode;
}

/** Refusals are outcomes, not exceptions: a job over a whole set counts and lists them. */
export function buildExample(trajectory: Trajectory, tokenizer: Tokenizer, options: ExampleOptions): ExampleOutcome {
  const { maxLength, maskMode } = options;
  const targets = new Set(targetTurns(trajectory, maskMode));
  if (targets.size === 0 && maskMode !== "everything") return refusal("E_EXAMPLE_NO_TARGET", {});
  const whole = encodeBlocks(trajectory, tokenizer);
  const fit = fitToWindow(whole, tokenizer, {
    maxLength,
    numReserved: 0,
    targets,
    usedTools: calledTools(trajectory, trajectory.turns.length),
  });
  if (fit.length > maxLength) return refusal("E_EXAMPLE_TOO_LONG", { length: fit.length, limit: maxLength });
  const example = layOut(trajectory, fit, tokenizer, (turnIndex, isAssistant) =>
    maskMode === "everything" ? true : isAssistant && targets.has(turnIndex),
  );
  return example.lossMask.includes(1) ? { ok: true, example } : refusal("E_EXAMPLE_NO_TARGET", {});
}

/**
 * Blocks as the aligned arrays of an example.
 *
 * @param isTrained asked for each token but the first; `turnIndex` is -1 in no turn, `isAssistant` true on an assistant's text and end token
 */
export function layOut(
  { id, turns }: Pick<Trajectory, "id" | "turns">,
  { blocks, cuts }: Pick<Fit, "blocks" | "cuts">,
  tokenizer: Tokenizer,
  isTrained: (turnIndex: number, isAssistant: boolean) => boolean,
): TokenizedExample {
  const { inputIds, segments, turnIndices, isAssistant } = flatten(blocks, tokenizer);
  const lossMask = Uint8Array.from(inputIds, (_, t) => (t > 0 && isTrained(turnIndices[t]!, isAssistant[t] === 1) ? 1 : 0));
  const fullLength = inputIds.length + cuts.reduce((sum, cut) => sum + cut.numTokens, 0);
  const turnWeights = weightsOf(turns);
  return { trajectoryId: id, inputIds, lossMask, segments, turnIndices, ...(turnWeights && { turnWeights }), cuts, fullLength };
}

/** Undefined where every turn counts once, which is nearly always. */
function weightsOf(turns: readonly Turn[]): Readonly<Record<number, number>> | undefined {
  const weighted = turns.flatMap((turn, i) => (turn.role === "assistant" && turn.weight !== undefined ? [[i, turn.weight] as const] : []));
  return weighted.length === 0 ? undefined : Object.fromEntries(weighted);
}

export function refusal(code: ErrorCode, params: ErrorParams): ExampleRefusal {
  return { ok: false, code, reason: new AppError(code, params).message };
}

/** Indices of the turns that are trained on in a mode; in `everything` those that truncation must keep. */
export function targetTurns(content: TrajectoryContent, maskMode: MaskMode): readonly number[] {
  const assistantTurns = content.turns.flatMap((turn, i) => (turn.role === "assistant" ? [i] : []));
  const recorded = content.targets === undefined ? assistantTurns : assistantTurns.filter((i) => content.targets!.includes(i));
  return maskMode === "lastAssistantTurn" ? recorded.slice(-1) : recorded;
}

/** Names that the assistant calls in the first `numTurns` turns, from the parts where there are some, else from the text. */
export function calledTools(content: TrajectoryContent, numTurns: number): Set<string> {
  const names = new Set<string>();
  for (const turn of content.turns.slice(0, numTurns)) {
    if (turn.role !== "assistant") continue;
    const calls = turn.raw === undefined ? turn.calls : [...turn.calls, ...parseAssistantText(turn.raw).calls];
    for (const call of calls) names.add(call.name);
  }
  return names;
}
