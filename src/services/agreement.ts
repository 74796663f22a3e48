/** @file Agreement between annotators over the whole workspace, where they differ, and whom a second look could be asked for. */
import { on } from "node:events";
import { parentPort, Worker } from "node:worker_threads";
import type { AgreementProgress, Disagreement, QuestionAgreement } from "#contracts/agreement.ts";
import { AppError } from "#contracts/errors.ts";
import type { LabelQuestion } from "#contracts/review.ts";
import type { SerializedError } from "#contracts/trainer.ts";
import { findDisagreements } from "#core/quality/agreement/disagreements.ts";
import { measureAgreement, numEstimates } from "#core/quality/agreement/measureAgreement.ts";
import { drawSecondPass } from "#core/quality/agreement/secondPass.ts";
import type { LabelledTrajectory } from "#core/quality/agreement/units.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import { openWorkerStore, type Store } from "#store/index.ts";
import type { Core } from "./core.ts";
import { readScheme } from "./review.ts";

/** The same labels give the same intervals. */
const SEED = 1;

/** The labels of the whole workspace, measured by a thread: thousands of resamples would keep everybody else waiting. */
export interface AgreementInput {
  readonly agreement: { readonly database: string; readonly questions: readonly LabelQuestion[] };
}
type FromThread = { readonly progress: AgreementProgress } | { readonly error: SerializedError };

const measured = new WeakMap<Core, { readonly key: string; readonly whole: AgreementProgress }>();

/** Questions that nobody answered are left out. Ends with the signal; the same labels are not measured again. */
export async function* readAgreement(core: Core, signal?: AbortSignal): AsyncGenerator<AgreementProgress, void, void> {
  const { questions } = readScheme(core);
  const key = keyOf(core, questions);
  const known = measured.get(core);
  if (known?.key === key) return yield known.whole;
  const workerData: AgreementInput = { agreement: { database: core.paths.database, questions } };
  const thread = new Worker(core.paths.importerEntry, { workerData });
  try {
    for await (const [message] of on(thread, "message", { close: ["exit"], ...(signal && { signal }) }) as AsyncIterable<[FromThread]>) {
      if ("error" in message) throw AppError.from(message.error);
      const { progress } = message;
      if (progress.done === progress.total) measured.set(core, { key, whole: progress });
      yield progress;
      if (progress.done === progress.total) return;
    }
    throw new AppError("E_BUG", { detail: "the thread that measures agreement ended without an answer" });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    await thread.terminate();
  }
}

/** The thread's side. */
export function serveAgreement({ agreement: { database, questions } }: AgreementInput): void {
  const post = (message: FromThread): void => parentPort!.postMessage(message);
  try {
    const store = openWorkerStore(database);
    const trajectories = labelledOf(store);
    store.close();
    const answered = new Set(trajectories.flatMap(({ annotations }) => annotations.labels.map((label) => label.question)));
    const asked = questions.filter(({ id }) => answered.has(id));
    const total = asked.reduce((sum, question) => sum + numEstimates(trajectories, question), 0);
    const found: QuestionAgreement[] = [];
    let done = 0;
    const tell = (): void => post({ progress: { questions: [...found], done, total } });
    const estimated = (): void => {
      done++;
      // the last one is told with its question
      if (done < total) tell();
    };
    tell();
    for (const question of asked) {
      found.push(measureAgreement(trajectories, question, SEED, estimated));
      tell();
    }
  } catch (thrown) {
    const { code, params } = AppError.from(thrown).toJSON();
    post({ error: { code, params } });
  }
}

const disputed = new WeakMap<Core, { readonly key: string; readonly all: readonly Disagreement[] }>();

/** The same labels are not compared again: a page behind the first costs nothing. */
export function listDisagreements(
  core: Core,
  offset: number,
  limit: number,
): { readonly total: number; readonly rows: readonly Disagreement[] } {
  const { questions } = readScheme(core);
  const key = keyOf(core, questions);
  const known = disputed.get(core);
  const all = known?.key === key ? known.all : findDisagreements(labelledOf(core.store), questions);
  disputed.set(core, { key, all });
  return { total: all.length, rows: all.slice(offset, offset + limit) };
}

/** Differs whenever labels or questions do. */
const keyOf = (core: Core, questions: readonly LabelQuestion[]): string =>
  `${core.store.lists.annotationsKey()}/${JSON.stringify(questions)}`;

export function chooseSecondPass(
  core: Core,
  { annotator, size, seed }: { readonly annotator: string; readonly size: number; readonly seed: number },
): readonly string[] {
  const candidates = core.store.annotations
    .used()
    .filter(({ annotationsId }) => core.store.annotations.read(annotationsId).labels.some((label) => label.annotator === annotator))
    .map(({ trajectory, status }) => ({ trajectoryId: trajectoryIdOf(trajectory), status }));
  return drawSecondPass(candidates, size, seed);
}

function labelledOf(store: Store): readonly LabelledTrajectory[] {
  return store.annotations.used().map(({ trajectory, annotationsId }) => ({
    trajectoryId: trajectoryIdOf(trajectory),
    annotations: store.annotations.read(annotationsId),
  }));
}
