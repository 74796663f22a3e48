/** @file Why one example of a trace was named: the example as trained on beside the output, with what each token adds to the exact score. */
import { type Segment, SEGMENTS } from "#contracts/example.ts";
import { AppError } from "#contracts/errors.ts";
import type { ExampleEvidence, HeatToken } from "#contracts/tracing.ts";
import type { TextRange } from "#contracts/calls.ts";
import { fieldHeat } from "#core/attribution/fieldHeat.ts";
import { tokenPlaces } from "#core/evaluation/tokenPlaces.ts";
import { assistantSegments, segmentsOfTokens } from "#core/tokenizer/segments.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import type { Core } from "../core.ts";
import { openExamples } from "../exampleSource.ts";
import { EXAMPLE_FILE } from "../prepareExamples.ts";
import { join } from "node:path";
import { readModelFolder, runDirOf } from "../models.ts";
import { caseQuestion } from "./caseQuestion.ts";
import { getTrace } from "./readTraces.ts";
import { placeOfCase } from "./searchSpace.ts";
import { exampleSources, nearestTurn } from "./tracedExamples.ts";

/** @throws E_NOT_FOUND where the case was not traced, or the trace does not name the example; E_CASE_STEP where its checkpoint is gone */
export async function exampleEvidence(core: Core, caseId: string, index: number): Promise<ExampleEvidence> {
  const record = core.store.cases.get(caseId);
  const trace = getTrace(core, record.id);
  const named = trace === null ? [] : [...trace.groups.flatMap(({ examples }) => examples), ...trace.opponents];
  const example = named.find((one) => one.index === index);
  if (example === undefined) throw new AppError("E_NOT_FOUND", { what: `example of the trace of ${record.id}`, id: index });
  const { runId, checkpoint } = placeOfCase(core, record);
  const runDir = runDirOf(core.paths, runId);
  const model = await readModelFolder(checkpoint.dir);
  const window = Math.min(model.config.maxPositionEmbeddings, core.store.runs.get(runId).config.maxLength);
  const body = core.store.cases.body(record.id);
  const question = caseQuestion(body, model, window);
  const { scores } = await core.trainers.rerank({ runDir, checkpointDir: checkpoint.dir, query: question.query, indices: [index] });
  const { tokens: ofExample, badTokens, correctTokens } = scores[0]!;
  const numPromptTokens = question.promptIds.length;
  const [source] = exampleSources(core, runId)(index);
  const content = source?.content ?? { tools: [], turns: [] };
  return {
    example,
    tools: content.tools,
    turns: content.turns,
    turnIndex: nearestTurn(content, body.text),
    tokens: exampleTokens(join(runDir, EXAMPLE_FILE), index, ofExample, model.tokenizer),
    outputTokens: outputTokens(body.text, question.outputIds, badTokens.subarray(numPromptTokens), model.tokenizer),
    fields: fieldHeat({
      text: body.text,
      ranges: tokenRanges(question.outputIds, model.tokenizer),
      ...{ bad: badTokens, correct: correctTokens, numPromptTokens },
      errorToken: body.diagnosis.span?.tokens.start ?? 0,
    }),
  };
}

function exampleTokens(path: string, index: number, scores: Float32Array, tokenizer: Tokenizer): HeatToken[] {
  const { examples, close } = openExamples(path);
  try {
    const { inputIds, segments } = examples.at(index);
    return Array.from(inputIds, (id, t) => ({ text: tokenizer.decode([id]), segment: segmentOf(segments[t]!), score: scores[t] ?? 0 }));
  } finally {
    close();
  }
}

const segmentOf = (code: number): Segment => SEGMENTS[code] ?? "system";

function outputTokens(text: string, ids: Int32Array, scores: Float32Array, tokenizer: Tokenizer): HeatToken[] {
  const segments = segmentsOfTokens(text, assistantSegments(text), [...ids], tokenizer);
  return Array.from(ids, (id, t) => ({
    text: tokenizer.decode([id]),
    segment: id === tokenizer.special.eos ? "stop" : segmentOf(segments[t]!),
    score: scores[t] ?? 0,
  }));
}

function tokenRanges(ids: Int32Array, tokenizer: Tokenizer): TextRange[] {
  const places = tokenPlaces(ids, tokenizer);
  return Array.from(ids, (_, t) => ({ start: places.startOf(t), end: places.startOf(t + 1) }));
}
