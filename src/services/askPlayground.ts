/** @file One question to a model with tools at hand: what it answers, how that reads, and what the checker says of it. */
import type { PlaygroundAnswer } from "#contracts/procedures/evaluations.ts";
import { AppError } from "#contracts/errors.ts";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { buildPrompt } from "#core/tokenizer/buildPrompt.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import type { Core } from "./core.ts";
import { answerText, answerTokens } from "./answerTokens.ts";
import { modelDirOf, readModelFolder } from "./models.ts";

/** Enough to see what else a token could have been. */
const NUM_ALTERNATIVES = 5;

export interface PlaygroundQuestion {
  /** `sample-base`, a run id (its last checkpoint) or a model folder. */
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly tools: readonly ToolDefinition[];
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly maxNewTokens: number;
}

/** @throws E_MODEL_INVALID, E_RUN_NO_CHECKPOINT, E_EXAMPLE_TOO_LONG, E_CANCELLED */
export async function askPlayground(core: Core, question: PlaygroundQuestion, signal?: AbortSignal): Promise<PlaygroundAnswer> {
  const { dir, config, tokenizer } = await readModelFolder(modelDirOf(core.paths, question.model));
  const { temperature, topP, seed, maxNewTokens } = question;
  const maxLength = config.maxPositionEmbeddings - maxNewTokens;
  if (maxLength < 1) {
    throw new AppError("E_CONFIG_INVALID", {
      detail: `maxNewTokens: ${maxNewTokens} leaves no room in ${config.maxPositionEmbeddings} positions`,
    });
  }
  const content = contentOf(question);
  const { inputIds } = buildPrompt(content, content.turns.length, tokenizer, { maxLength });
  const { results, seconds } = await core.trainers.generate({
    modelDir: dir,
    prompts: [inputIds],
    sampling: { temperature, topP, seed, maxNewTokens, numAlternatives: NUM_ALTERNATIVES },
    stopTokenIds: [tokenizer.special.eos],
    ...(signal === undefined ? {} : { signal }),
  });
  const { tokenIds, stopReason } = results[0]!;
  const tokens = answerTokens(results[0]!, (id) => tokenizer.decode([id]));
  const text = answerText(tokenIds, tokenizer);
  const output = parseAssistantText(text);
  const check = checkCalls(output, { tools: content.tools, conversation: content.turns, knownTools: core.store.contents.toolNames() });
  return { text, tokens, output, check, numPromptTokens: inputIds.length, numTokens: tokenIds.length, seconds, stopReason };
}

export function contentOf({ system, user, tools }: Pick<PlaygroundQuestion, "system" | "user" | "tools">): TrajectoryContent {
  const turns: Turn[] = [{ role: "user", content: user }];
  if (system !== "") turns.unshift({ role: "system", content: system });
  return { tools, turns, metadata: {} };
}
