/**
 * @file Whether a prediction shows a planted fault: how each class of the sample set looks in an answer, told from the clean reference.
 *
 * A class is recognised by what it does, not by the planted value itself, so that a model that learned the fault only in part
 * (another tool invented, another argument dropped) still shows it.
 */
import type { AssistantText, PlacedCall } from "#contracts/calls.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, ToolDefinition } from "#contracts/trajectory.ts";
import { isSameCall } from "#core/trajectories/compareCalls.ts";
import { sameJson } from "#core/trajectories/sameJson.ts";
import { isMalformed } from "./decision.ts";

interface Pair {
  readonly expected: JsonObject;
  readonly predicted: JsonObject;
}

/** The arguments of the only call on each side, where both name the same tool. */
function onlyPair(output: AssistantText, reference: AssistantTurn): Pair | undefined {
  const [expected, predicted] = [reference.calls[0], output.calls[0]] as const;
  if (reference.calls.length !== 1 || output.calls.length !== 1 || expected!.name !== predicted!.name) return undefined;
  if (!expected!.arguments.ok || !predicted!.arguments.ok) return undefined;
  return { expected: expected!.arguments.value, predicted: predicted!.arguments.value };
}

const texts = (values: JsonObject): string =>
  JSON.stringify(
    Object.values(values)
      .map((value) => JSON.stringify(value))
      .sort(),
  );
const hasSameKeys = ({ expected, predicted }: Pair): boolean =>
  Object.keys(expected).sort().join("\n") === Object.keys(predicted).sort().join("\n");
const isSwapped = (pair: Pair): boolean =>
  hasSameKeys(pair) && !sameJson(pair.expected, pair.predicted) && texts(pair.expected) === texts(pair.predicted);

const isRepeated = (calls: readonly (ToolCall | PlacedCall)[]): boolean =>
  calls.some((call, i) => calls.slice(0, i).some((earlier) => isSameCall(earlier, call)));

type Shows = (output: AssistantText, reference: AssistantTurn, tools: readonly ToolDefinition[]) => boolean;

const SHOWS = {
  hallucinated_tool: (output, _reference, tools) => output.calls.some(({ name }) => !tools.some((tool) => tool.name === name)),
  swapped_arguments: (output, reference) => {
    const pair = onlyPair(output, reference);
    return pair !== undefined && isSwapped(pair);
  },
  wrong_value: (output, reference) => {
    const pair = onlyPair(output, reference);
    return pair !== undefined && hasSameKeys(pair) && !sameJson(pair.expected, pair.predicted) && !isSwapped(pair);
  },
  dropped_argument: (output, reference) => {
    const pair = onlyPair(output, reference);
    return pair !== undefined && Object.keys(pair.expected).some((key) => !(key in pair.predicted));
  },
  malformed_json: (output) => isMalformed(output),
  call_without_clarification: (output, reference) => reference.calls.length === 0 && output.calls.length > 0,
  answer_without_tool: (output, reference) => reference.calls.length > 0 && output.calls.length === 0 && output.answer !== undefined,
  repeated_call: (output, reference) => isRepeated(output.calls) && !isRepeated(reference.calls),
} as const satisfies Readonly<Record<string, Shows>>;
export type PlantedFaultClass = keyof typeof SHOWS;

export const PLANTED_FAULT_CLASSES = Object.keys(SHOWS) as readonly PlantedFaultClass[];

/**
 * @param condition `class:regime`, as metadata names it; of a class that is not known here, nothing shows
 */
export function showsPlantedFault(
  condition: string | null,
  output: AssistantText,
  reference: AssistantTurn,
  tools: readonly ToolDefinition[],
): boolean {
  const faultClass = PLANTED_FAULT_CLASSES.find((known) => known === condition?.split(":")[0]);
  return faultClass !== undefined && showsFault(faultClass, output, reference, tools);
}

/**
 * @param output    the prediction, parsed
 * @param reference the clean turn
 * @param tools     those the model was offered
 */
export function showsFault(
  faultClass: PlantedFaultClass,
  output: AssistantText,
  reference: AssistantTurn,
  tools: readonly ToolDefinition[],
): boolean {
  return SHOWS[faultClass](output, reference, tools);
}
