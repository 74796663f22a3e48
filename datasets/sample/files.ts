/** @file The sample set as the texts of its files. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { Turn } from "#contracts/trajectory.ts";
import { FAULT_PLANS } from "./faults.ts";
import { buildSampleSet, type SampleRow, type SampleSet } from "./trajectories.ts";

export const SAMPLE_SEED = 1;

export const TRAJECTORIES_FILE = "trajectories.jsonl";
export const TRUTH_FILE = "truth.json";

function messageOf(turn: Turn): JsonObject {
  switch (turn.role) {
    case "system":
    case "user":
      return { role: turn.role, content: turn.content };
    case "tool":
      return { role: "tool", tool_call_id: turn.callId ?? "", content: turn.content };
    case "assistant":
      if (turn.calls.length === 0) return { role: "assistant", content: turn.answer ?? "" };
      return {
        role: "assistant",
        content: turn.thought ?? null,
        tool_calls: turn.calls.map(({ callId, name, argumentsText }) => ({
          id: callId ?? "",
          type: "function",
          function: { name, arguments: argumentsText },
        })),
      };
  }
}

/** A row of OpenAI's chat format. */
export function rowOf({ content, metadata }: SampleRow): JsonObject {
  return {
    messages: content.turns.map(messageOf),
    tools: content.tools.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } })),
    metadata: { ...metadata },
  };
}

/** Every planted fault, and every held-out request that meets a fault's condition. */
function truthOf(set: SampleSet): JsonValue {
  return {
    seed: SAMPLE_SEED,
    plans: FAULT_PLANS.map((plan) => ({
      class: plan.faultClass,
      regime: plan.regime,
      trigger: plan.trigger ?? null,
      tools: Object.keys(plan.spoilingOf),
      planted: plan.numFaulty,
      cleanSiblings: plan.numCleanSiblings,
      heldOut: plan.numHeldOut,
    })),
    planted: set.planted.map(({ span, ...fault }) => ({ ...fault, span: { ...span } })),
    heldOutConditions: set.heldOutConditions.map((condition) => ({ ...condition })),
  };
}

/** One entry a line, so that a change shows where it is. */
function prettyList(value: JsonValue): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** File texts by name. */
export function writeFiles(seed: number): Map<string, string> {
  const set = buildSampleSet(seed);
  return new Map([
    [TRAJECTORIES_FILE, set.rows.map((row) => `${JSON.stringify(rowOf(row))}\n`).join("")],
    [TRUTH_FILE, prettyList(truthOf(set))],
  ]);
}
