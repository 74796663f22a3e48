/**
 * @file An evaluation on the sample set, told apart by what was planted: rates on prompts that meet no fault's condition, and for each
 * fault class how many of its own prompts the fault came up in.
 *
 * Held-out rows say so themselves: `fault_condition` is `class:regime`. Their references are clean, and it is the last assistant turn
 * that a model with the fault would spoil.
 */
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { evaluateCalls, sliceMetadata, type CallRates, type JudgedPrompt } from "#core/evaluation/evaluateCalls.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { PLANTED_FAULT_CLASSES, showsFault, type PlantedFaultClass } from "#core/evaluation/plantedFaults.ts";
import type { Core } from "./core.ts";

export interface FaultCounts {
  readonly prompts: number;
  readonly surfaced: number;
}

export interface SampleReport {
  /** Over the prompts without a planted fault's condition. */
  readonly clean: CallRates;
  readonly faults: Readonly<Record<PlantedFaultClass, FaultCounts>>;
}

function conditionOf({ metadata }: TrajectoryContent): PlantedFaultClass | undefined {
  const condition = metadata["fault_condition"];
  const name = typeof condition === "string" ? condition.split(":")[0] : undefined;
  return PLANTED_FAULT_CLASSES.find((faultClass) => faultClass === name);
}

const lastAssistantTurn = ({ turns }: TrajectoryContent): number => turns.findLastIndex(({ role }) => role === "assistant");

/** @param evaluationId a finished evaluation of a suite with held-out rows of the sample set */
export function sampleReport({ store }: Pick<Core, "store">, evaluationId: string): SampleReport {
  const knownTools = store.contents.toolNames();
  const counts = Object.fromEntries(PLANTED_FAULT_CLASSES.map((name) => [name, { prompts: 0, surfaced: 0 }])) as Record<
    PlantedFaultClass,
    { prompts: number; surfaced: number }
  >;
  const clean: JudgedPrompt[] = [];
  for (const { contentId, turnIndex, text } of store.evaluations.predictions(evaluationId)) {
    const { content } = store.contents.read(contentId);
    const judgement = judgePrediction(text, content, turnIndex, knownTools);
    const faultClass = conditionOf(content);
    if (faultClass === undefined) clean.push({ judgement, metadata: sliceMetadata(content.metadata) });
    else if (turnIndex === lastAssistantTurn(content)) {
      const count = counts[faultClass];
      count.prompts++;
      if (showsFault(faultClass, judgement.output, content.turns[turnIndex] as AssistantTurn, content.tools)) count.surfaced++;
    }
  }
  return { clean: evaluateCalls(clean), faults: counts };
}
