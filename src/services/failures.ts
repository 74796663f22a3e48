/** @file The wrong calls of a run's newest evaluation, and for each the training examples most like it. */
import type { FailureDetail, FailureSummary, SimilarExample } from "#contracts/procedures/evaluations.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { renderTurn } from "#core/tokenizer/chatTemplate.ts";
import type { FailureRecord } from "#store/failures.ts";
import { numberOfId } from "#store/ids.ts";
import { answerTokens } from "./answerTokens.ts";
import type { Core } from "./core.ts";
import { tokenTexts } from "./tokenTexts.ts";

export interface FailureList {
  readonly total: number;
  readonly byCode: FailurePage["byCode"];
  readonly rows: readonly FailureSummary[];
}
type FailurePage = ReturnType<Core["store"]["failures"]["list"]>;

export function listFailures(core: Core, runId: string, options: Parameters<Core["store"]["failures"]["list"]>[1]): FailureList {
  core.store.runs.get(runId);
  const { total, byCode, rows } = core.store.failures.list(runId, options);
  return { total, byCode, rows: rows.map(summaryOf) };
}

/** Judged anew from the stored text: the judgement is a pure function of it. */
export async function getFailure(core: Core, id: string): Promise<FailureDetail> {
  const { failures, contents, evaluations, cases } = core.store;
  const failure = failures.get(id);
  const { evaluationId, position, turnIndex } = failure;
  const { content } = contents.read(failure.contentId);
  const { measures } = evaluations.prediction(evaluationId, position);
  const { output, comparison } = judgePrediction(failure.predicted, content, turnIndex, {
    knownTools: contents.toolNames(),
    wasCutOff: measures["stopReason"] !== "stopToken",
  });
  const tokens = evaluations.tokens(evaluationId, position);
  const textOf = await tokenTexts(core, failure.runId, evaluations.get(evaluationId).checkpointStep);
  return {
    ...summaryOf(failure),
    prompt: content.turns.slice(0, turnIndex),
    tools: content.tools,
    output,
    comparison,
    diagnosis: failure.diagnosis,
    tokens: tokens === null || textOf === null ? [] : answerTokens(tokens, textOf),
    caseId: cases.ofFailure(id),
    similar: similarExamples(core, failure, content),
  };
}

function summaryOf({ position: _position, contentId: _contentId, diagnosis: _diagnosis, ...summary }: FailureRecord): FailureSummary {
  return summary;
}

const MAX_TERMS = 24;
const NUM_SIMILAR = 10;
/** Found ones that the run did not train on are passed over, so more are asked for. */
const NUM_CANDIDATES = 60;
const COMMON = new Set(
  (
    "the a an and or of to in on at for from with by is are was be it this that i you me my your we our can could would please do does what which how " +
    "action input answer thought begin"
  ).split(" "),
);

/** By BM25 over the turns, on the words of the question and of the wrong call. Lexical likeness: a hint, not a cause. */
function similarExamples(core: Core, failure: FailureRecord, content: TrajectoryContent): readonly SimilarExample[] {
  const { search, runPoints, contents } = core.store;
  const terms = termsOf(failure, content);
  const without = numberOfId("trajectory", failure.trajectoryId);
  const trained = runPoints.trainedOn(failure.runId);
  return search
    .similar(terms, { limit: NUM_CANDIDATES, ...(without === null ? {} : { without: [without] }) })
    .filter((found) => trained.has(found.trajectoryId))
    .slice(0, NUM_SIMILAR)
    .map(({ trajectoryId, contentId, title, score }) => {
      const candidate = contents.read(contentId).content;
      return { trajectoryId, title, score, call: callLike(failure.predicted, candidate), matchedTerms: matched(terms, candidate) };
    });
}

/** Words of the wrong output first, then of the question. */
function termsOf(failure: FailureRecord, content: TrajectoryContent): string[] {
  const asked = content.turns.slice(0, failure.turnIndex).findLast((turn) => turn.role === "user");
  const terms = new Set<string>();
  for (const text of [failure.predicted, asked === undefined ? "" : renderTurn(asked)]) {
    for (const word of wordsOf(text)) if (word.length > 1 && !COMMON.has(word)) terms.add(word);
  }
  return [...terms].slice(0, MAX_TERMS);
}

/** A tool's name is one word: `get_weather`. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function matched(terms: readonly string[], content: TrajectoryContent): string[] {
  const words = new Set(content.turns.flatMap((turn) => (turn.role === "system" ? [] : wordsOf(renderTurn(turn)))));
  return terms.filter((term) => words.has(term));
}

/** The candidate's call of a tool that the wrong output names, else its first call, else nothing. */
function callLike(predicted: string, content: TrajectoryContent): string {
  const calls = content.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls : []));
  const call = calls.find(({ name }) => predicted.includes(name)) ?? calls[0];
  return call === undefined ? "" : `${call.name} ${call.argumentsText}`;
}
