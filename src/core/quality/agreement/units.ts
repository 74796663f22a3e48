/** @file Labels sorted by where they sit: what several annotators said of the same place. */
import { isSecondPass } from "#contracts/agreement.ts";
import { ADJUDICATED, type Annotations, type LabelPlace, type LabelQuestion } from "#contracts/review.ts";
import { placeKey } from "../../trajectories/labelPlace.ts";

export interface LabelledTrajectory {
  readonly trajectoryId: string;
  readonly annotations: Annotations;
}

/** One question at one place: the unit of agreement. A span is the same place only where it has the same first and last character. */
export interface Unit {
  readonly trajectoryId: string;
  readonly place: LabelPlace;
  /** By annotator, second passes and the adjudicated answer included. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
}

/** In the order of the trajectories, then of their labels. A question with one answer is not answered by a label without options. */
export function unitsOf(trajectories: readonly LabelledTrajectory[], question: LabelQuestion): readonly Unit[] {
  const units: Unit[] = [];
  for (const { trajectoryId, annotations } of trajectories) {
    const byPlace = new Map<string, { place: LabelPlace; answers: Map<string, readonly string[]> }>();
    for (const label of annotations.labels) {
      if (label.question !== question.id || (question.kind === "single" && label.options.length === 0)) continue;
      const key = placeKey(label.place);
      const unit = byPlace.get(key) ?? { place: label.place, answers: new Map<string, readonly string[]>() };
      byPlace.set(key, unit);
      unit.answers.set(label.annotator, label.options);
    }
    for (const unit of byPlace.values()) units.push({ trajectoryId, ...unit });
  }
  return units;
}

/** People who answered on their own: neither an adjudicated answer nor the second look of somebody who is counted already. */
export const isIndependent = (annotator: string): boolean => annotator !== ADJUDICATED && !isSecondPass(annotator);
