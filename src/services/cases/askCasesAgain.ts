/**
 * @file What an evaluation does last: the cases of older runs are asked again, as they were asked, and what comes of it is written down.
 *
 * A case with an expected turn passes where the answer is that turn in any spelling. Without one it fails where the same is written again,
 * or where the rules object; anything else cannot be judged, and says so.
 */
import type { FailureCode } from "#contracts/calls.ts";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { caseProgress, checkKind, isAskedAgain } from "#core/evaluation/caseProgress.ts";
import { flowFindings } from "#core/evaluation/flowFindings.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { buildPrompt } from "#core/tokenizer/buildPrompt.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import type { CaseBody } from "#store/cases.ts";
import { answerText } from "../answerTokens.ts";
import type { CheckpointFolder } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import type { JobHandle } from "../jobs.ts";
import type { ModelFolder } from "../models.ts";

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
  const events = store.cases.eventsByCase();
  const due = store.cases.list().filter(({ id, runId: failed }) => isAskedAgain(caseProgress(events.get(id) ?? []), failed, runId));
  if (due.length === 0) return;
  handle.report({ phase: "asking cases again", unit: "cases", done: 0, total: due.length });
  const knownTools = store.contents.toolNames();
  try {
    for (let start = 0; start < due.length; start += CHUNK) {
      const asked = due.slice(start, start + CHUNK).flatMap(({ id }) => {
        const body = store.cases.body(id);
        const inputIds = promptOf(body, model, window);
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
            const { passed, code } = judged(body, text, { knownTools, wasCutOff: stopReason !== "stopToken" });
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

/** Null where it does not fit the window of this run: then it is not asked. */
export function promptOf({ prompt, tools, expected, decoder }: CaseBody, { tokenizer }: ModelFolder, window: number): Int32Array | null {
  const neededTools = expected === null ? [] : parseAssistantText(expected).calls.map(({ name }) => name);
  const maxLength = Math.max(1, window - decoder.maxNewTokens);
  try {
    return buildPrompt({ tools, turns: prompt, metadata: {} }, prompt.length, tokenizer, { maxLength, neededTools }).inputIds;
  } catch (error) {
    if (error instanceof AppError && error.code === "E_EXAMPLE_TOO_LONG") return null;
    throw error;
  }
}

interface JudgedAnswer {
  readonly passed: boolean | null;
  readonly code: FailureCode | null;
}

function judged(
  body: CaseBody,
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
