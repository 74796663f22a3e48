/** @file The prompt that asks for one assistant turn: everything in front of it, and its role marker. */
import { AppError } from "#contracts/errors.ts";
import type { TruncationCut } from "#contracts/example.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { encodeBlocks, flatten } from "./blocks.ts";
import { calledTools } from "./buildExample.ts";
import { fitToWindow } from "./fitToWindow.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface PromptOptions {
  /** Tokens for the prompt alone: the model's window less the tokens to be generated. */
  readonly maxLength: number;
  /**
   * Tools that must stay although no earlier call uses them. An evaluation names those of the reference here, since without them the
   * prompt could not be answered; this matters only where a prompt is too long.
   */
  readonly neededTools?: readonly string[];
}

export interface Prompt {
  /** Ends with the assistant's role marker: what is generated next is the turn's text, then the end token. */
  readonly inputIds: Int32Array;
  readonly cuts: readonly TruncationCut[];
}

/**
 * The same tokens that `buildExample` puts in front of this turn, cut by the same rules.
 *
 * @param turnIndex the turn asked for; `content.turns.length` asks for the turn after the last
 * @throws E_EXAMPLE_TOO_LONG where what must stay does not fit
 */
export function buildPrompt(content: TrajectoryContent, turnIndex: number, tokenizer: Tokenizer, options: PromptOptions): Prompt {
  const blocks = encodeBlocks(content, tokenizer, turnIndex);
  const usedTools = calledTools(content, turnIndex);
  for (const name of options.neededTools ?? []) usedTools.add(name);
  const fit = fitToWindow(blocks, tokenizer, { maxLength: options.maxLength, numReserved: 1, targets: new Set([turnIndex]), usedTools });
  if (fit.length > options.maxLength) throw new AppError("E_EXAMPLE_TOO_LONG", { length: fit.length, limit: options.maxLength });
  const { inputIds } = flatten(fit.blocks, tokenizer);
  const prompt = new Int32Array(inputIds.length + 1);
  prompt.set(inputIds);
  prompt[inputIds.length] = tokenizer.special.assistant;
  return { inputIds: prompt, cuts: fit.cuts };
}
