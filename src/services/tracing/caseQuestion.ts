/** @file What a case asks of the examples: its words, its tokens, and where they are wrong. */
import { AppError } from "#contracts/errors.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { Turn } from "#contracts/trajectory.ts";
import { failureQuery, type TokenSpan } from "#core/attribution/failureQuery.ts";
import { alignReference } from "#core/evaluation/alignReference.ts";
import { errorPart } from "#core/evaluation/errorSpan.ts";
import { tokenPlaces } from "#core/evaluation/tokenPlaces.ts";
import { renderTurn } from "#core/tokenizer/chatTemplate.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import type { CaseBody } from "#store/cases.ts";
import { promptOfCase } from "../cases/caseQuestion.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import type { ModelFolder } from "../models.ts";
import type { Question } from "./signalsOf.ts";

/** A case as tokens. */
export interface CaseQuestion extends Question {
  readonly promptIds: Int32Array;
  readonly outputIds: Int32Array;
}

/**
 * @param window  tokens of prompt and answer together, as the run was trained with
 * @throws E_EXAMPLE_TOO_LONG where the prompt does not fit the model any more
 */
export function caseQuestion(
  body: CaseBody & { readonly tokens: Pick<GeneratedTokens, "tokenIds"> },
  model: ModelFolder,
  window: number,
): CaseQuestion {
  const { text, expected, prompt } = body;
  const { tokenizer, config } = model;
  const promptIds = promptOfCase(body, model, window);
  if (promptIds === null) throw new AppError("E_EXAMPLE_TOO_LONG", { length: window + 1, limit: window });
  const eos = tokenizer.special.eos;
  const written = body.tokens.tokenIds.length > 0 ? body.tokens.tokenIds : Int32Array.of(...tokenizer.encode(text), eos);
  const right = expected === null ? null : alignReference(text, parseAssistantText(text), readAssistantText(expected));
  const query = failureQuery(
    {
      promptIds,
      outputIds: written,
      spans: askedSpans(body, written, tokenizer),
      rightIds: right === null ? null : Int32Array.of(...tokenizer.encode(right), eos),
    },
    config.maxPositionEmbeddings,
  );
  return { promptIds, outputIds: written, text: questionText(prompt, text), query };
}

/**
 * The error's place; of a call that should not have been made, the values that nobody gave: every right call of the tool decides to call as well, and
 * only those examples that teach the fault make such values up.
 */
function askedSpans({ text, tools, prompt, diagnosis: { span } }: CaseBody, written: Int32Array, tokenizer: Tokenizer): TokenSpan[] {
  if (span === null) return [];
  if (span.place !== "decision") return [span.tokens];
  const output = parseAssistantText(text);
  const places = tokenPlaces(written, tokenizer);
  const invented = checkCalls(output, { tools, conversation: prompt })
    .findings.filter(({ code, callIndex }) => code === "F08" && callIndex === span.callIndex)
    .map((finding) => places.tokensOf(errorPart(finding, text, output, null).range));
  return invented.length > 0 ? invented : [span.tokens];
}

/** The words that a failure is looked up by: what was said, without system text and tools, as in the index. */
export const questionText = (prompt: readonly Turn[], output: string): string =>
  [...prompt.filter(({ role }) => role !== "system").map(renderTurn), output].join("\n");
