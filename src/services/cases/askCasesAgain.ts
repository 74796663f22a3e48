/**
 * @file What an evaluation does last: the cases of older runs are asked again, as they were asked, and what comes of it is written down.
 *
 * A case with an expected turn passes where the answer is that turn in any spelling. Without one it fails where the same is written again,
 * or where the rules object; anything else cannot be judged, and says so.
 */
import { caseProgress, checkKind, isAskedAgain } from "#core/evaluation/caseProgress.ts";
import type { CaseBody } from "#store/cases.ts";
import { answerText } from "../answerTokens.ts";
import type { CheckpointFolder } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import type { JobHandle } from "../jobs.ts";
import type { ModelFolder } from "../models.ts";
import { judgeAnswer, promptOfCase } from "./caseQuestion.ts";

export interface Asking {
  readonly handle: JobHandle;
  readonly evaluationId: string;
  readonly runId: string;
  readonly checkpoint: CheckpointFolder;
  readonly model: ModelFolder;
  /** Tokens of prompt and answer together. */
  readonly window: number;
}

const CHUNK = 64;

export async function askCasesAgain(core: Core, { handle, evaluationId, runId, checkpoint, model, window }: Asking): Promise<void> {
  const { store, trainers, jobs } = core;
  // trained to find out, not to be used: what it gets right mends nothing
  if (store.experiments.isOfExperiment(runId)) return;
  const events = store.cases.eventsByCase();
  const due = store.cases.list().filter(({ id, runId: failed }) => isAskedAgain(caseProgress(events.get(id) ?? []), failed, runId));
  if (due.length === 0) return;
  handle.report({ phase: "asking cases again", unit: "cases", done: 0, total: due.length });
  const knownTools = store.contents.toolNames();
  try {
    for (let start = 0; start < due.length; start += CHUNK) {
      const asked = due.slice(start, start + CHUNK).flatMap(({ id }) => {
        const body = store.cases.body(id);
        const inputIds = promptOfCase(body, model, window);
        return inputIds === null ? [] : [{ id, body, inputIds }];
      });
      // one question each where decoders differ; they seldom do
      for (const group of byDecoder(asked)) {
        const { temperature, topP, seed, maxNewTokens } = group[0]!.body.decoder;
        const { results } = await trainers.generate({
          modelDir: checkpoint.dir,
          prompts: group.map(({ inputIds }) => inputIds),
          sampling: { temperature, topP, seed, maxNewTokens },
          stopTokenIds: [model.tokenizer.special.eos],
          signal: handle.signal,
        });
        store.transaction(() => {
          for (const { promptIndex, tokenIds, stopReason } of results) {
            const { id, body } = group[promptIndex]!;
            const text = answerText(tokenIds, model.tokenizer);
            const { passed, code } = judgeAnswer(body, text, { knownTools, wasCutOff: stopReason !== "stopToken" });
            const kind = checkKind(caseProgress(events.get(id) ?? []), { runId }, passed);
            const at = new Date().toISOString();
            const where = { runId, checkpointStep: checkpoint.step, evaluationId };
            store.cases.addEvent(id, { kind, at, author: "evaluation", ...where, output: text, code });
          }
        });
      }
      handle.report({ done: Math.min(due.length, start + CHUNK) });
    }
  } finally {
    jobs.news.rowsChanged("cases");
  }
}

function byDecoder<Asked extends { readonly body: CaseBody }>(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  const groups = new Map<string, Asked[]>();
  for (const one of asked) {
    const { stopReason: _stopReason, ...decoder } = one.body.decoder;
    const key = JSON.stringify(decoder);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
