/** @file A case made of an answer of the playground, with or without what would have been right. */
import type { CallFinding } from "#contracts/calls.ts";
import { AppError } from "#contracts/errors.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { flowFindings } from "#core/evaluation/flowFindings.ts";
import { diagnose } from "#core/evaluation/firstWrongToken.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { buildPrompt } from "#core/tokenizer/buildPrompt.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { inPrecedence } from "#core/trajectories/findings.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import { answerText } from "../answerTokens.ts";
import { contentOf, type PlaygroundQuestion } from "../askPlayground.ts";
import { checkpointStepOf } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import { questionOf } from "../evaluateRun.ts";
import { modelDirOf, readModelFolder, RUN_ID } from "../models.ts";
import { unrankedToken, withScore } from "../rankRightTokens.ts";
import { newCase } from "./newCase.ts";

interface Choice {
  readonly id: number;
  readonly probability: number;
}

export interface AnswerCaseRequest {
  readonly question: PlaygroundQuestion;
  readonly answer: {
    readonly tokens: readonly (Choice & { readonly alternatives: readonly Choice[] })[];
    readonly stopReason: string;
  };
  readonly expected: string | null;
  readonly author: string;
  readonly note: string;
}

/** @throws E_CASE_INVALID where the expected text is no turn, or equals the answer; E_MODEL_INVALID, E_RUN_NO_CHECKPOINT */
export async function makeCaseOfAnswer(core: Core, request: AnswerCaseRequest): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { question, answer, author, note } = request;
  const { store } = core;
  const dir = modelDirOf(core.paths, question.model);
  const { tokenizer, config } = await readModelFolder(dir);
  const tokens = tokensOf(answer.tokens);
  const text = answerText(tokens.tokenIds, tokenizer);
  const content = contentOf(question);
  const reference = expectedTurn(request.expected);
  const knownTools = store.contents.toolNames();
  const wasCutOff = answer.stopReason !== "stopToken";
  const output = parseAssistantText(text);
  let findings: readonly CallFinding[];
  if (reference === null) {
    const checked = checkCalls(output, { tools: content.tools, conversation: content.turns, knownTools }).findings;
    findings = inPrecedence([...checked, ...flowFindings({ text, output, wasCutOff })]);
    if (findings.length === 0 && note.trim() === "")
      throw invalid("nothing is wrong by the rules; say in a note what is, or what was expected");
  } else {
    findings = judgePrediction(text, withTurn(content, reference), content.turns.length, { knownTools, wasCutOff }).comparison.findings;
    if (findings.length === 0) throw invalid("the answer is what was expected");
  }
  const found = diagnose({ text, output, tokens, findings, tools: content.tools, reference }, tokenizer);
  const { inputIds } = buildPrompt(content, content.turns.length, tokenizer, {
    maxLength: config.maxPositionEmbeddings - question.maxNewTokens,
  });
  const questions = unrankedToken(0, found, inputIds, tokens.tokenIds);
  const [score] = await core.trainers.score({
    modelDir: dir,
    questions: questions.map(({ inputIds: ids, tokenId }) => ({ inputIds: ids, tokenId })),
  });
  const createdAt = new Date().toISOString();
  const { temperature, topP, seed, maxNewTokens } = question;
  const made = newCase(
    {
      prompt: content.turns,
      tools: content.tools,
      text,
      tokens,
      textOf: (id) => tokenizer.decode([id]),
      decoder: { temperature, topP, seed, maxNewTokens, stopReason: answer.stopReason },
      expected: request.expected,
      findings,
      codes: [...new Set(findings.map(({ code }) => code))],
      diagnosis: score === undefined ? found : withScore(found, score),
    },
    {
      title: questionOf(content, content.turns.length),
      runId: RUN_ID.test(question.model) ? question.model : null,
      model: question.model,
      checkpointStep: checkpointStepOf(dir),
      evaluationId: null,
      failureId: null,
      trajectoryId: null,
      turnIndex: null,
      author,
      createdAt,
    },
  );
  const added = store.transaction(() => {
    const { id, isNew } = store.cases.add(made);
    if (isNew) store.cases.addEvent(id, { kind: "opened", at: createdAt, author, text: note });
    return { id, isNew };
  });
  core.jobs.news.rowsChanged("cases");
  return added;
}

const invalid = (detail: string): AppError => new AppError("E_CASE_INVALID", { detail });

function expectedTurn(expected: string | null): AssistantTurn | null {
  if (expected === null) return null;
  const { error, calls } = parseAssistantText(expected);
  const broken = calls.find((call) => !call.arguments.ok);
  if (error !== undefined) throw invalid(`what was expected is no turn: ${error.message.replace(/\.$/, "")}`);
  if (broken !== undefined && !broken.arguments.ok)
    throw invalid(`the expected arguments cannot be read: ${broken.arguments.message.replace(/\.$/, "")}`);
  return readAssistantText(expected);
}

const withTurn = (content: TrajectoryContent, turn: AssistantTurn): TrajectoryContent => ({ ...content, turns: [...content.turns, turn] });

function tokensOf(tokens: AnswerCaseRequest["answer"]["tokens"]): GeneratedTokens {
  const K = Math.min(...tokens.map(({ alternatives }) => alternatives.length), 20);
  const others = tokens.flatMap(({ alternatives }) => alternatives.slice(0, K));
  return {
    tokenIds: Int32Array.from(tokens, ({ id }) => id),
    logProbs: Float32Array.from(tokens, ({ probability }) => Math.log(probability)),
    alternativeIds: Int32Array.from(others, ({ id }) => id),
    alternativeLogProbs: Float32Array.from(others, ({ probability }) => Math.log(probability)),
  };
}
