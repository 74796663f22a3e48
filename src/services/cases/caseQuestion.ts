/** @file The question of a case, as it is asked again, and what an answer to it is worth. */
import type { FailureCode } from "#contracts/calls.ts";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { flowFindings } from "#core/evaluation/flowFindings.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { buildPrompt } from "#core/tokenizer/buildPrompt.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import type { CaseBody } from "#store/cases.ts";
import type { ModelFolder } from "../models.ts";

/** What of a case is asked and judged. */
export type AskedCase = Pick<CaseBody, "prompt" | "tools" | "text" | "expected" | "decoder">;

/** @param window tokens of prompt and answer together
 * @returns null where it does not fit */
export function promptOfCase(
  { prompt, tools, expected, decoder }: AskedCase,
  { tokenizer }: ModelFolder,
  window: number,
): Int32Array | null {
  const neededTools = expected === null ? [] : parseAssistantText(expected).calls.map(({ name }) => name);
  const maxLength = Math.max(1, window - decoder.maxNewTokens);
  try {
    return buildPrompt({ tools, turns: prompt, metadata: {} }, prompt.length, tokenizer, { maxLength, neededTools }).inputIds;
  } catch (error) {
    if (error instanceof AppError && error.code === "E_EXAMPLE_TOO_LONG") return null;
    throw error;
  }
}

export interface JudgedAnswer {
  readonly passed: boolean | null;
  readonly code: FailureCode | null;
}

export function judgeAnswer(
  body: Omit<AskedCase, "decoder">,
  text: string,
  options: { readonly knownTools: ReadonlySet<string>; readonly wasCutOff: boolean },
): JudgedAnswer {
  const { prompt, tools, expected } = body;
  if (expected !== null) {
    const content: TrajectoryContent = { tools, turns: [...prompt, readAssistantText(expected)], metadata: {} };
    const [code = null] = judgePrediction(text, content, prompt.length, options).codes;
    return { passed: code === null, code };
  }
  const output = parseAssistantText(text);
  const checked = checkCalls(output, { tools, conversation: prompt, knownTools: options.knownTools }).primary;
  const code = checked ?? flowFindings({ text, output, wasCutOff: options.wasCutOff })[0]?.code ?? null;
  return { passed: code !== null || text === body.text ? false : null, code };
}
