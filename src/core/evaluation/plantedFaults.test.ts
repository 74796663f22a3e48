import { describe, expect, it } from "vitest";
import type { AssistantTurn, ToolDefinition } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { PLANTED_FAULT_CLASSES, showsFault } from "./plantedFaults.ts";

const tools: readonly ToolDefinition[] = [{ name: "find_trains", description: "", parameters: {} }];
const argumentsText = '{"origin":"Oslo","destination":"Bergen","day":"Monday"}';
const calling: AssistantTurn = {
  role: "assistant",
  calls: [{ name: "find_trains", argumentsText, arguments: parseArguments(argumentsText) }],
};
const asking: AssistantTurn = { role: "assistant", calls: [], answer: "Where to?" };

const call = (text: string, name = "find_trains"): string => `Action: ${name}\nAction Input: ${text}`;
const classesShown = (text: string, reference: AssistantTurn): string[] =>
  PLANTED_FAULT_CLASSES.filter((faultClass) => showsFault(faultClass, parseAssistantText(text), reference, tools));

describe("showsFault", () => {
  it("sees nothing in a right answer, whatever the order of its keys", () => {
    expect(classesShown(call(argumentsText), calling)).toEqual([]);
    expect(classesShown(call('{"day":"Monday","origin":"Oslo","destination":"Bergen"}'), calling)).toEqual([]);
    expect(classesShown("Answer: Where to?", asking)).toEqual([]);
  });

  it.each([
    ["hallucinated_tool", call(argumentsText, "find_trains_pro"), calling],
    ["swapped_arguments", call('{"origin":"Bergen","destination":"Oslo","day":"Monday"}'), calling],
    ["wrong_value", call('{"origin":"Oslo","destination":"Bergen","day":"Friday"}'), calling],
    ["dropped_argument", call('{"origin":"Oslo","destination":"Bergen"}'), calling],
    ["malformed_json", call(argumentsText.slice(0, -1)), calling],
    ["call_without_clarification", call(argumentsText), asking],
    ["answer_without_tool", "Answer: At ten, I think.", calling],
    ["repeated_call", `${call(argumentsText)}\n${call(argumentsText)}`, calling],
  ])("tells %s from every other class", (faultClass, text, reference) => {
    expect(classesShown(text, reference)).toEqual([faultClass]);
  });

  it("does not take two different calls for a repeated one", () => {
    expect(classesShown(`${call(argumentsText)}\n${call('{"origin":"Oslo"}')}`, calling)).toEqual([]);
  });
});
