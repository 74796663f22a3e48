/**
 * @file ToolBench's own way from an answer tree to training rows (`preprocess/preprocess_toolllama_data.py`, OpenBMB/ToolBench
 * @ d56fdd8), to the letter.
 *
 * Each list of `train_messages` is one step of the chosen path. The system text gets a sentence on the output format and the API list;
 * an assistant message with a call closes the text gathered so far; the last message is the target, and a step whose last message has
 * no call gives no row. So k steps give up to k overlapping rows.
 */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { isObject, nameOf, refuseShape } from "./format.ts";
import type { ToolllamaItem } from "./toolllamaFacts.ts";
import { API_LIST_INTRODUCTION } from "./toolllamaSystem.ts";

const STEP_SENTENCE = "with a function call to actually excute your step.";
export const FORMAT_SENTENCE = " Your output should follow this format:\nThought:\nAction\nAction Input:\n";

export interface FlattenedRow {
  readonly id: string;
  readonly conversations: readonly ToolllamaItem[];
}

/**
 * @param answer  the file's `answer_generation`, known to be valid
 * @param apiList its `function` list as Python prints it
 */
export function flattenAnswer(answer: JsonObject, apiList: string): readonly FlattenedRow[] {
  const { train_messages: steps, query } = answer;
  if (!Array.isArray(steps)) return refuseShape(`"answer_generation.train_messages" is ${nameOf(steps)}, not a list`);
  const rows: FlattenedRow[] = [];
  steps.forEach((messages, step) => {
    if (!Array.isArray(messages)) return refuseShape(`train_messages[${step}] is ${nameOf(messages)}, not a list`);
    const conversations = flattenStep(messages, apiList, `train_messages[${step}]`);
    if (conversations !== undefined) rows.push({ id: `Step ${messages.length - 1}: ${textOf(query, "query")}`, conversations });
  });
  return rows;
}

/** Undefined where the last message has no call. */
function flattenStep(messages: readonly JsonValue[], apiList: string, where: string): readonly ToolllamaItem[] | undefined {
  const conversations: ToolllamaItem[] = [];
  let gathered = "";
  for (const [i, message] of messages.entries()) {
    const place = `${where}[${i}]`;
    if (!isObject(message)) return refuseShape(`${place} is ${nameOf(message)}, not an object`);
    const from = textOf(message["role"], `${place}.role`);
    const { content, function_call: call } = message;
    if (from !== "assistant") {
      const text = textOf(content, `${place}.content`);
      const value = from === "system" ? systemText(text, apiList) : text;
      conversations.push({ from, value });
      gathered = "";
    } else if (call === undefined) {
      if (i === messages.length - 1) return undefined;
      gathered += `\nThought: ${content === null || content === undefined ? "None" : textOf(content, `${place}.content`)}`;
    } else {
      if (!isObject(call)) return refuseShape(`${place}.function_call is ${nameOf(call)}, not an object`);
      const name = textOf(call["name"], `${place}.function_call.name`);
      const argumentsText = textOf(call["arguments"], `${place}.function_call.arguments`);
      conversations.push({ from, value: `${gathered || "\nThought: "}\nAction: ${name}\nAction Input: ${argumentsText}` });
      gathered = "";
    }
  }
  return conversations.at(-1)?.from === "assistant" ? conversations : undefined;
}

const systemText = (text: string, apiList: string): string =>
  `${text.replaceAll(STEP_SENTENCE, STEP_SENTENCE + FORMAT_SENTENCE)}\n${API_LIST_INTRODUCTION}${apiList}`;

const textOf = (value: JsonValue | undefined, where: string): string =>
  typeof value === "string" ? value : refuseShape(`"${where}" is ${nameOf(value)}, not text`);
