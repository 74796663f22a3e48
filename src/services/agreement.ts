/** @file Agreement between annotators over the whole workspace, where they differ, and whom a second look could be asked for. */
import { setImmediate } from "node:timers/promises";
import type { Disagreement, QuestionAgreement } from "#contracts/agreement.ts";
import { findDisagreements } from "#core/quality/agreement/disagreements.ts";
import { measureAgreement } from "#core/quality/agreement/measureAgreement.ts";
import { drawSecondPass } from "#core/quality/agreement/secondPass.ts";
import type { LabelledTrajectory } from "#core/quality/agreement/units.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import type { Core } from "./core.ts";
import { readScheme } from "./review.ts";

/** The same labels give the same intervals. */
const SEED = 1;

/** Questions that nobody answered are left out. */
export async function readAgreement(core: Core): Promise<readonly QuestionAgreement[]> {
  const trajectories = labelledOf(core);
  const answered = new Set(trajectories.flatMap(({ annotations }) => annotations.labels.map((label) => label.question)));
  const measured: QuestionAgreement[] = [];
  for (const question of readScheme(core).questions) {
    if (!answered.has(question.id)) continue;
    measured.push(measureAgreement(trajectories, question, SEED));
    // each may take a while over many trajectories: the core answers others in between
    await setImmediate();
  }
  return measured;
}

export function listDisagreements(
  core: Core,
  offset: number,
  limit: number,
): { readonly total: number; readonly rows: readonly Disagreement[] } {
  const all = findDisagreements(labelledOf(core), readScheme(core).questions);
  return { total: all.length, rows: all.slice(offset, offset + limit) };
}

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

function labelledOf({ store }: Core): readonly LabelledTrajectory[] {
  return store.annotations.used().map(({ trajectory, annotationsId }) => ({
    trajectoryId: trajectoryIdOf(trajectory),
    annotations: store.annotations.read(annotationsId),
  }));
}
