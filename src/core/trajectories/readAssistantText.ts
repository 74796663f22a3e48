/** @file An assistant turn from its text, by the strict grammar. */
import type { AssistantTurn } from "#contracts/trajectory.ts";
import { parseAssistantText } from "./parseAssistantText.ts";

/** Text that leaves the grammar is kept raw, to the letter. */
export function readAssistantText(text: string): AssistantTurn {
  const { thought, calls, answer, error } = parseAssistantText(text);
  if (error !== undefined) return { role: "assistant", calls: [], raw: text };
  return {
    role: "assistant",
    ...(thought === undefined || thought.text === "" ? {} : { thought: thought.text }),
    calls: calls.map((call) => ({ name: call.name, argumentsText: call.argumentsText, arguments: call.arguments })),
    ...(answer === undefined ? {} : { answer: answer.text }),
  };
}
