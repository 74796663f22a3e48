/** @file Cases made of the failures of an evaluation, one or all of a code. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FailureChoice } from "#contracts/cases.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import { SEED } from "../evaluateRun.ts";
import type { Core } from "../core.ts";
import { tokenTexts } from "../tokenTexts.ts";
import { newCase } from "./newCase.ts";

export interface MakeRequest {
  readonly failures: FailureChoice;
  readonly author: string;
  readonly note: string;
}

export interface MadeCases {
  readonly made: readonly string[];
  readonly known: readonly string[];
}

/** Made between two turns of the event loop. */
const CHUNK = 100;
const NO_TOKENS: GeneratedTokens = {
  tokenIds: new Int32Array(),
  logProbs: new Float32Array(),
  alternativeIds: new Int32Array(),
  alternativeLogProbs: new Float32Array(),
};

/** @throws E_NOT_FOUND */
export async function makeCases(core: Core, { failures: choice, author, note }: MakeRequest): Promise<MadeCases> {
  const { store, jobs } = core;
  const ids = "ids" in choice ? choice.ids : store.failures.ids(choice.runId, choice.code);
  const made: string[] = [];
  const known: string[] = [];
  const at = new Date().toISOString();
  try {
    for (let start = 0; start < ids.length; start += CHUNK) {
      const chunk = await Promise.all(ids.slice(start, start + CHUNK).map((id) => caseOfFailure(core, id, { author, createdAt: at })));
      store.transaction(() => {
        for (const one of chunk) {
          const { id, isNew } = store.cases.add(one);
          (isNew ? made : known).push(id);
          if (isNew) store.cases.addEvent(id, { kind: "opened", at, author, text: note });
        }
      });
      await nextTurn();
    }
  } finally {
    if (made.length > 0) jobs.news.rowsChanged("cases");
  }
  return { made, known };
}

async function caseOfFailure(core: Core, failureId: string, by: { readonly author: string; readonly createdAt: string }) {
  const { store } = core;
  const failure = store.failures.get(failureId);
  const { evaluationId, position, runId } = failure;
  const evaluation = store.evaluations.get(evaluationId);
  const { measures } = store.evaluations.prediction(evaluationId, position);
  const { content } = store.contents.read(failure.contentId);
  const stopReason = String(measures["stopReason"]);
  const judgement = judgePrediction(failure.predicted, content, failure.turnIndex, {
    knownTools: store.contents.toolNames(),
    wasCutOff: stopReason !== "stopToken",
  });
  const tokens = store.evaluations.tokens(evaluationId, position) ?? NO_TOKENS;
  const maxNewTokens = Number(measures["maxNewTokens"] ?? tokens.tokenIds.length);
  return newCase(
    {
      prompt: content.turns.slice(0, failure.turnIndex),
      tools: content.tools,
      text: failure.predicted,
      tokens,
      textOf: (await tokenTexts(core, runId, evaluation.checkpointStep)) ?? ((id) => `#${id}`),
      decoder: { temperature: 0, topP: 1, seed: SEED, maxNewTokens, stopReason },
      expected: failure.expected,
      findings: judgement.comparison.findings,
      codes: [failure.code, ...failure.secondary],
      diagnosis: failure.diagnosis ?? { firstWrong: null, span: null },
    },
    {
      ...by,
      title: failure.title,
      runId,
      model: runId,
      checkpointStep: evaluation.checkpointStep,
      evaluationId,
      failureId,
      trajectoryId: failure.trajectoryId,
      turnIndex: failure.turnIndex,
    },
  );
}
