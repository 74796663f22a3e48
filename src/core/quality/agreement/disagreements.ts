/** @file Places where annotators gave different answers and nobody has decided yet. */
import type { Disagreement } from "#contracts/agreement.ts";
import { ADJUDICATED, type LabelQuestion } from "#contracts/review.ts";
import { optionsKey } from "../../trajectories/labelPlace.ts";
import { isIndependent, unitsOf, type LabelledTrajectory } from "./units.ts";

/** By question in the scheme's order, then in the order of the trajectories. */
export function findDisagreements(
  trajectories: readonly LabelledTrajectory[],
  questions: readonly LabelQuestion[],
): readonly Disagreement[] {
  return questions.flatMap((question) =>
    unitsOf(trajectories, question).flatMap(({ trajectoryId, place, answers }) => {
      if (answers.has(ADJUDICATED)) return [];
      const given = [...answers].filter(([annotator]) => isIndependent(annotator));
      if (new Set(given.map(([, options]) => optionsKey(options))).size < 2) return [];
      return [{ trajectoryId, question: question.id, place, answers: given.map(([annotator, options]) => ({ annotator, options })) }];
    }),
  );
}
