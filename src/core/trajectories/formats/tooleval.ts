/**
 * @file ToolEval's converted answers: one object, `{qid: {query, available_tools, answer: {method, total_steps, final_answer,
 * answer_details}}}`. The details are a chain of nodes, each with its `next`; a tool's node holds call and response, usually as Python
 * prints them. Each member of the object is a row.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { parsePythonLiteral } from "../pythonLiteral.ts";
import { pythonRepr } from "../pythonRepr.ts";
import { isObject, nameOf, oneByOne, refuseShape, RowRefusal, type FormatReader, type FormatWriter } from "./format.ts";
import { numbersLost } from "./numbersLost.ts";
import { readRecorded, rowWithLosses, type RowFormat } from "./recordedRow.ts";
import { toolToJson } from "./toolllamaSystem.ts";
import { readToolList } from "./toolsField.ts";

/** A member of the file as one row: its key under `qid`. */
const TOOLEVAL: RowFormat = { key: "tooleval", rows: "ToolEval answers", read: readAnswer, write: writeAnswer };

export function createToolevalReader(): FormatReader {
  return oneByOne((file, rowText) => {
    const [member] = Object.entries(file);
    if (member === undefined) return refuseShape("it is empty");
    const [qid, entry] = member;
    if (!isObject(entry)) return refuseShape(`"${qid.slice(0, 40)}" is ${nameOf(entry)}, not an object`);
    const row = { qid, ...entry };
    return { content: readRecorded(TOOLEVAL, row), changes: [...changesOf(entry), ...numbersLost(file, rowText)] };
  });
}

interface Node {
  readonly role: JsonValue | undefined;
  readonly message: JsonValue | undefined;
}

function readAnswer(row: JsonObject): TrajectoryContent {
  const { qid, query, available_tools: recordedTools = [], answer: recorded, ...fields } = row;
  if (!isObject(recorded)) return refuseShape(`"answer" is ${nameOf(recorded)}, not an object`);
  const { method, final_answer: finalAnswer, answer_details: details } = recorded;
  if (!Array.isArray(details)) return refuseShape(`"answer_details" is ${nameOf(details)}, not a list`);
  const turns: Turn[] = [];
  let thoughts: string[] = [];
  const chain = chainOf(details);
  // words that no call followed are an answer
  const answer = (): void => {
    if (thoughts.length > 0) turns.push({ role: "assistant", calls: [], answer: thoughts.join("\n") });
    thoughts = [];
  };
  if (typeof query === "string" && !chain.some((node) => node.role === "user")) turns.push({ role: "user", content: query });
  for (const [i, { role, message }] of chain.entries()) {
    const where = `node ${i} of "answer_details"`;
    if (role === "tool") {
      turns.push(...readToolNode(message, thoughts));
      thoughts = [];
      continue;
    }
    if (message !== null && message !== undefined && typeof message !== "string")
      return refuseShape(`the message of ${where} is ${nameOf(message)}, not text`);
    if (role === "assistant") thoughts.push(message ?? "");
    else if (role === "user") {
      answer();
      turns.push({ role: "user", content: message ?? "" });
    } else if (role !== "system")
      return refuseShape(`${where} has the role ${typeof role === "string" ? `"${role.slice(0, 40)}"` : nameOf(role)}`);
    else if (typeof message === "string" && message !== "") turns.push({ role: "system", content: message });
  }
  answer();
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  const facts: JsonObject = {
    qid: qid!,
    ...(method === undefined ? {} : { method }),
    ...(finalAnswer === undefined ? {} : { final_answer: finalAnswer }),
  };
  return {
    tools: readToolList(recordedTools, "available_tools"),
    turns,
    metadata: { tooleval: facts, ...(Object.keys(fields).length > 0 ? { fields } : {}) },
  };
}

/** Nodes from a start to an end, the last of several ways at a fork: that is where a search went on. */
function chainOf(details: readonly JsonValue[]): readonly Node[] {
  const chain: Node[] = [];
  for (let node = details.at(-1); isObject(node);) {
    chain.push({ role: node["role"], message: node["message"] });
    node = Array.isArray(node["next"]) ? node["next"].at(-1) : undefined;
  }
  return chain;
}

function readToolNode(message: JsonValue | undefined, thoughts: readonly string[]): readonly Turn[] {
  const thought = thoughts.length === 0 ? {} : { thought: thoughts.join("\n") };
  const node = typeof message === "string" ? readNodeText(message) : message;
  if (!isObject(node) || typeof node["name"] !== "string") {
    // older versions of ToolEval cut the text of a node at 100 characters: it is kept as it is
    const text = typeof message === "string" ? message : JSON.stringify(message ?? null);
    return [{ role: "assistant", calls: [], raw: [...thoughts, text].join("\n") }];
  }
  const { name, arguments: recorded, response } = node;
  const argumentsText =
    typeof recorded === "string" ? recorded : recorded === undefined || recorded === null ? "" : JSON.stringify(recorded);
  const turn: AssistantTurn = { role: "assistant", ...thought, calls: [{ name, argumentsText, arguments: parseArguments(argumentsText) }] };
  if (response === undefined || response === null || (name === "Finish" && response === "")) return [turn];
  return [turn, { role: "tool", content: typeof response === "string" ? response : JSON.stringify(response) }];
}

function readNodeText(text: string): JsonValue | undefined {
  const literal = parsePythonLiteral(text);
  if (literal.ok && literal.end === text.length) return literal.value;
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : undefined;
}

function changesOf(entry: JsonObject): readonly LedgerChange[] {
  const details = isObject(entry["answer"]) ? entry["answer"]["answer_details"] : undefined;
  const changes: LedgerChange[] = [];
  if (!Array.isArray(details)) return changes;
  let [numForks, numCut] = [Math.max(0, details.length - 1), 0];
  for (let node = details.at(-1); isObject(node);) {
    const next: readonly JsonValue[] = Array.isArray(node["next"]) ? node["next"] : [];
    numForks += Math.max(0, next.length - 1);
    const { role, message } = node;
    if (role === "tool" && typeof message === "string" && !isObject(readNodeText(message))) numCut++;
    node = next.at(-1);
  }
  if (numForks > 0) {
    changes.push({ rule: "branches-set-apart", detail: `${numForks} branches of the search are no turns; they are kept for export.` });
  }
  if (numCut > 0) {
    const detail = `${numCut} calls are written in a way that cannot be read, usually because ToolEval cut them short; their text is kept.`;
    changes.push({ rule: "calls-unreadable", detail });
  }
  return changes;
}

function writeAnswer({ tools, turns, metadata }: TrajectoryContent): JsonObject {
  const facts = isObject(metadata["tooleval"]) ? metadata["tooleval"] : {};
  const nodes: Node[] = turns[0]?.role === "system" ? [] : [{ role: "system", message: "" }];
  turns.forEach((turn, i) => {
    if (turn.role === "system" || turn.role === "user") nodes.push({ role: turn.role, message: turn.content });
    if (turn.role !== "assistant") return;
    const { thought, raw, calls, answer } = turn;
    if (thought !== undefined) nodes.push({ role: "assistant", message: thought });
    if (raw !== undefined) nodes.push({ role: "tool", message: raw });
    const results = turns.slice(i + 1, i + 1 + calls.length);
    calls.forEach(({ name, argumentsText }, k) => {
      const result = results[k]?.role === "tool" ? results[k].content : "";
      nodes.push({ role: "tool", message: pythonRepr({ name, arguments: argumentsText, response: result }) });
    });
    if (answer !== undefined) nodes.push({ role: "assistant", message: answer });
  });
  const details = nodes.reduceRight<JsonObject[]>((next, { role, message }) => [{ role: role!, message: message!, next }], []);
  const { fields } = metadata;
  return {
    ...(facts["qid"] === undefined ? {} : { qid: facts["qid"] }),
    query: turns.find((turn) => turn.role === "user")?.content ?? "",
    available_tools: tools.map(toolToJson),
    answer: {
      method: facts["method"] ?? "callsmith",
      total_steps: nodes.length,
      final_answer: facts["final_answer"] ?? finalAnswerOf(turns),
      answer_details: details,
    },
    ...(isObject(fields) ? fields : {}),
  };
}

/** What the last turn says, or gives to ToolBench's `Finish`. */
function finalAnswerOf(turns: readonly Turn[]): string {
  const last = turns.findLast((turn) => turn.role === "assistant");
  return last?.answer ?? last?.calls.find((call) => call.name === "Finish")?.argumentsText ?? "";
}

export function createToolevalWriter(): FormatWriter {
  const taken = new Set<string>();
  return {
    extension: ".json",
    begin: "{",
    write(content, about) {
      const { row, changes } = rowWithLosses(TOOLEVAL, content);
      const { qid, ...entry } = row;
      const wanted = typeof qid === "string" ? qid : (about?.id ?? String(taken.size));
      let key = wanted;
      for (let i = 2; taken.has(key); i++) key = `${wanted}-${i}`;
      const renamed = key === wanted ? [] : [{ rule: "id-renamed", detail: `The file has "${wanted}" already: this answer is "${key}".` }];
      const text = `${taken.size === 0 ? "" : ","}\n${JSON.stringify(key)}: ${JSON.stringify(entry)}`;
      taken.add(key);
      return { text, numRows: 1, changes: [...changes, ...renamed] };
    },
    end: () => "\n}\n",
  };
}
