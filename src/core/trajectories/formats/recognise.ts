/** @file Which format a row is in, by its fields. */
import type { ImportFormat } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { isObject } from "./format.ts";
import { isGlaiveRow } from "./glaive.ts";
import { isTableRow } from "./tableRow.ts";
import { isToolaceRow } from "./toolace.ts";

export interface Recognised {
  readonly format: ImportFormat;
  /** In a sentence. */
  readonly why: string;
}

export function recognise(row: JsonObject): Recognised | undefined {
  return RULES.reduce<Recognised | undefined>((found, rule) => found ?? rule(row), undefined);
}

type Rule = (row: JsonObject) => Recognised | undefined;

const RULES: readonly Rule[] = [recogniseBench, recogniseMessages, recogniseConversations, recogniseBanks, recogniseQueries];

function recogniseBench(row: JsonObject): Recognised | undefined {
  if (isObject(row["answer_generation"])) {
    return { format: "toolbench-tree", why: 'Its object has "answer_generation", as ToolBench\'s answer files do.' };
  }
  const [member] = Object.values(row);
  if (isObject(member) && isObject(member["answer"]) && "answer_details" in member["answer"]) {
    return {
      format: "tooleval",
      why: 'The members of its object have an "answer" with "answer_details", as ToolEval\'s converted answers do.',
    };
  }
  return undefined;
}

function recogniseMessages(row: JsonObject): Recognised | undefined {
  const { messages } = row;
  if (!Array.isArray(messages)) return undefined;
  const spoken = messages.filter((message): message is JsonObject => isObject(message) && typeof message["role"] === "string");
  if (spoken.length === 0) return undefined;
  if (isTableRow(row))
    return { format: "trl", why: 'Its rows have "messages", and a column "callsmith" that an export of this program wrote.' };
  const hasCalls = spoken.some((message) => message["tool_calls"] !== undefined || message["function_call"] !== undefined);
  if (!hasCalls && spoken.some((message) => hasTags(message["content"]))) {
    return { format: "hermes", why: 'Its rows have "messages" with <tool_call> or <tools> tags in their text, as Hermes\' do.' };
  }
  if (spoken.some(hasObjectArguments)) {
    return {
      format: "trl",
      why: 'Its rows have "messages" with a "role" each, and calls with their arguments as objects, as TRL takes them.',
    };
  }
  return { format: "openai-chat", why: 'Its rows have "messages" with a "role" each.' };
}

function hasObjectArguments({ tool_calls: calls }: JsonObject): boolean {
  return (
    Array.isArray(calls) && calls.some((call) => isObject(call) && isObject(call["function"]) && isObject(call["function"]["arguments"]))
  );
}

const hasTags = (text: JsonValue | undefined): boolean => typeof text === "string" && /<tool_call>|<tools>/.test(text);

function recogniseConversations(row: JsonObject): Recognised | undefined {
  const { conversations } = row;
  if (!Array.isArray(conversations)) return undefined;
  const items = conversations.filter(isObject);
  if (isToolaceRow(row)) {
    return { format: "toolace", why: 'Its rows have "conversations", and a "system" text with a list of functions, as ToolACE\'s do.' };
  }
  if (items.some((item) => hasTags(item["value"]))) {
    return { format: "hermes", why: 'Its rows have "conversations" with <tool_call> or <tools> tags in their text, as Hermes\' do.' };
  }
  return recogniseSpeakers([...new Set(items.flatMap((item) => (typeof item["from"] === "string" ? [item["from"]] : [])))]);
}

export function recogniseSpeakers(speakers: readonly string[]): Recognised | undefined {
  const has = (...names: readonly string[]): string | undefined => names.find((name) => speakers.includes(name));
  const own = has("human", "gpt", "function_call", "observation", "chatgpt", "tool_call", "function_response", "tool");
  if (own !== undefined) {
    return { format: "sharegpt", why: `Its rows have "conversations" in which "${own}" speaks, as in ShareGPT files with calls.` };
  }
  const bench = has("function", "assistant", "user");
  if (bench === undefined) return undefined;
  return { format: "toolllama", why: `Its rows have "conversations" in which "${bench}" speaks, as in ToolBench's training rows.` };
}

function recogniseBanks(row: JsonObject): Recognised | undefined {
  const { role, instruction, input, output } = row;
  if (typeof input === "string" && (typeof output === "string" || Array.isArray(output)) && isApiBankInput(input, instruction)) {
    return {
      format: "api-bank",
      why: 'Its rows have "instruction", "input" and "output" with API requests, as API-Bank\'s training rows do.',
    };
  }
  const isSpoken = (role === "User" || role === "AI") && typeof row["text"] === "string";
  if (isSpoken || (role === "API" && typeof row["api_name"] === "string")) {
    return { format: "api-bank-dialogue", why: "Each of its lines is said by User, AI or API, as in API-Bank's dialogues." };
  }
  if (isObject(row["Function_Description"]) || (typeof row["NLDocumentation"] === "string" && Array.isArray(row["Instances"]))) {
    return { format: "toolalpaca", why: 'Its objects are APIs with "Function_Description" and instructions, as in ToolAlpaca\'s files.' };
  }
  return undefined;
}

const isApiBankInput = (input: string, instruction: JsonValue | undefined): boolean =>
  /(^|\n)(API-Request: |Generate (API Request|AI Response):)/.test(input) ||
  (typeof instruction === "string" && instruction.includes("API-Request"));

function recogniseQueries(row: JsonObject): Recognised | undefined {
  const { question, function: functions, query, answers, tools } = row;
  const isBfcl =
    (Array.isArray(question) || typeof question === "string") && (functions !== undefined || row["involved_classes"] !== undefined);
  if (isBfcl) return { format: "bfcl", why: 'Its rows have "question" and "function", as the questions of BFCL do.' };
  if (typeof query === "string" && answers !== undefined && tools !== undefined) {
    return { format: "xlam", why: 'Its rows have "query", "answers" and "tools", as xLAM\'s do.' };
  }
  if (isGlaiveRow(row)) return { format: "glaive", why: 'Its rows have a "chat" text spoken by USER and ASSISTANT, as Glaive\'s do.' };
  return undefined;
}

/** What belongs to another file, and is read with it. */
export function belongsElsewhere(row: JsonObject): string | undefined {
  if ("ground_truth" in row && !("question" in row)) {
    return "it holds BFCL's accepted calls; import the file of the same name in the folder above, they are read with it";
  }
  return undefined;
}

/** The fields of a row that no format has. */
export function describeRow(row: JsonObject): string {
  const keys = Object.keys(row);
  if (keys.length === 0) return "its first row is an empty object";
  const shown = keys.slice(0, 8).map((key) => `"${key.slice(0, 40)}"`);
  const rest = keys.length > 8 ? ` and ${keys.length - 8} more` : "";
  return `its first row has the fields ${shown.join(", ")}${rest}, which none of the formats has`;
}
