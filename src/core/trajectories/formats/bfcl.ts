/**
 * @file The Berkeley function calling leaderboard: questions with functions, JSON lines although named `.json`, and the accepted calls in a
 * file of the same name in `possible_answer/`.
 *
 * The reference call takes the first accepted value of each argument, and leaves out an argument for which "nothing" is accepted first.
 * All accepted values stay with the trajectory. A question for which no call is right (irrelevance) has no assistant turn.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { parseJson } from "../parseJson.ts";
import { pythonCallText, readPythonCalls } from "../pythonCalls.ts";
import { sameJson } from "../sameJson.ts";
import { isObject, nameOf, oneByOne, refuseShape, type FormatReader, type FormatWriter } from "./format.ts";
import { numbersLost } from "./numbersLost.ts";
import { readRecorded, rowWithLosses, type RowFormat } from "./recordedRow.ts";
import { toolToJson } from "./toolllamaSystem.ts";
import { readToolList } from "./toolsField.ts";

/** Question and accepted calls in one row: the latter under `ground_truth`. */
const BFCL: RowFormat = { key: "bfcl", rows: "BFCL questions", read: readQuestion, write: writeQuestion };

/** Categories in which no call is right; their questions have no accepted calls. */
const WITHOUT_CALLS = /^(live_)?(ir)?relevance|chatable|no_function_call/;

/** @param answersText the file in `possible_answer/`; undefined where there is none */
export function createBfclReader(answersText: string | undefined): FormatReader {
  const answers = readAnswers(answersText);
  return oneByOne((question, rowText) => {
    const { id } = question;
    const own = question["ground_truth"] ?? (typeof id === "string" ? answers.get(id) : undefined);
    const row = own === undefined ? question : { ...question, ground_truth: own };
    return { content: readRecorded(BFCL, row), changes: [...changesOf(row, answersText), ...numbersLost(row, rowText)] };
  });
}

function readAnswers(text: string | undefined): ReadonlyMap<string, JsonValue> {
  const answers = new Map<string, JsonValue>();
  for (const line of (text ?? "").split("\n")) {
    const parsed = parseJson(line);
    if (!parsed.ok || !isObject(parsed.value)) continue;
    const { id, ground_truth: truth } = parsed.value;
    if (typeof id === "string" && truth !== undefined) answers.set(id, truth);
  }
  return answers;
}

function changesOf({ id, ground_truth: truth }: JsonObject, answersText: string | undefined): readonly LedgerChange[] {
  if (truth === undefined) {
    if (typeof id === "string" && WITHOUT_CALLS.test(id)) return [];
    const detail =
      answersText === undefined
        ? "There is no file of this name in possible_answer/ beside it: the question came in without its accepted calls."
        : "possible_answer/ has no calls for this question: it came in without an answer.";
    return [{ rule: "reference-call-missing", detail }];
  }
  const numChoices = numOpenChoices(truth);
  if (numChoices === 0) return [];
  const detail = `${numChoices} arguments have several accepted values: the call takes the first of each. All of them are kept with the trajectory.`;
  return [{ rule: "first-accepted-value-taken", detail }];
}

function numOpenChoices(truth: JsonValue): number {
  if (!Array.isArray(truth)) return 0;
  const choices = truth.flatMap((call) =>
    isObject(call) ? Object.values(call).flatMap((args) => (isObject(args) ? Object.values(args) : [])) : [],
  );
  return choices.filter((accepted) => Array.isArray(accepted) && accepted.length > 1).length;
}

function readQuestion(row: JsonObject): TrajectoryContent {
  const { question, function: functions, ground_truth: truth, ...fields } = row;
  const tools = functions === undefined ? [] : readToolList(Array.isArray(functions) ? functions : [functions], "function");
  const groups = groupsOf(question);
  const required = new Map(tools.map((tool) => [tool.name, tool.parameters["required"]]));
  const answers = answersOf(truth, groups.length, (name) => required.get(name));
  const turns = groups.flatMap((group, i): Turn[] => {
    const answer = answers[i];
    return [...group, ...(answer === undefined ? [] : [answer])];
  });
  return { tools, turns, metadata: Object.keys(fields).length > 0 ? { fields } : {} };
}

/** Turns of the user's side: a text, a list of messages, or such a list for each turn of a conversation. */
function groupsOf(question: JsonValue | undefined): readonly (readonly Turn[])[] {
  if (typeof question === "string") return [[{ role: "user", content: question }]];
  if (!Array.isArray(question)) return refuseShape(`"question" is ${nameOf(question)}, not a list`);
  if (question.length === 0) return refuseShape('"question" is an empty list');
  const groups = question.some(Array.isArray) ? question : [question];
  return groups.map((group, i) => {
    if (!Array.isArray(group)) return refuseShape(`question[${i}] is ${nameOf(group)}, not a list`);
    return group.map((message, k) => readMessage(message, `question[${i}][${k}]`));
  });
}

function readMessage(message: JsonValue, where: string): Turn {
  if (!isObject(message)) return refuseShape(`${where} is ${nameOf(message)}, not an object`);
  const { role, content } = message;
  if (typeof content !== "string") return refuseShape(`${where}.content is ${nameOf(content)}, not text`);
  switch (role) {
    case "system":
    case "user":
    case "tool":
      return { role, content };
    case "assistant":
      return { role, calls: [], answer: content };
    default:
      return refuseShape(`${where}.role is ${typeof role === "string" ? `"${role.slice(0, 40)}"` : nameOf(role)}`);
  }
}

type RequiredOf = (name: string) => JsonValue | undefined;

/** An answer for each group; conversations list the calls of each turn as texts in Python's syntax. */
function answersOf(truth: JsonValue | undefined, numGroups: number, requiredOf: RequiredOf): readonly (AssistantTurn | undefined)[] {
  if (truth === undefined) return [];
  if (!Array.isArray(truth)) return refuseShape(`"ground_truth" is ${nameOf(truth)}, not a list`);
  const isConversation = truth.length > 0 && truth.every(Array.isArray);
  if (isConversation) return (truth as readonly (readonly JsonValue[])[]).map((calls) => readCallTexts(calls));
  if (truth.some((entry) => typeof entry === "string")) return [readCallTexts(truth)];
  const calls = truth.map((entry, i) => readAccepted(entry, `ground_truth[${i}]`, requiredOf));
  return [...Array<undefined>(numGroups - 1).fill(undefined), calls.length === 0 ? undefined : { role: "assistant", calls }];
}

function readCallTexts(texts: readonly JsonValue[]): AssistantTurn | undefined {
  if (texts.length === 0) return undefined;
  const calls: ToolCall[] = [];
  for (const text of texts) {
    const read = typeof text === "string" ? readPythonCalls(text) : undefined;
    if (read === undefined || !read.ok || read.calls.length !== 1)
      return { role: "assistant", calls: [], raw: `[${texts.map(asText).join(", ")}]` };
    calls.push(...read.calls);
  }
  return { role: "assistant", calls };
}

const asText = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

function readAccepted(entry: JsonValue, where: string, requiredOf: RequiredOf): ToolCall {
  const [named, ...others] = isObject(entry) ? Object.entries(entry) : [];
  if (named === undefined || others.length > 0) return refuseShape(`${where} is not one call by its name`);
  const [name, accepted] = named;
  if (!isObject(accepted)) return refuseShape(`${where}.${name} is ${nameOf(accepted)}, not an object`);
  const required = requiredOf(name);
  const chosen = Object.entries(accepted).flatMap(([key, choices]): [string, JsonValue][] => {
    const isRequired = Array.isArray(required) && required.includes(key);
    if (!Array.isArray(choices)) return [[key, choices]];
    if (choices.length === 0 || (choices[0] === "" && !isRequired)) return [];
    return [[key, firstOf(choices[0]!)]];
  });
  const argumentsText = JSON.stringify(Object.fromEntries(chosen));
  return { name, argumentsText, arguments: parseArguments(argumentsText) };
}

/** Members of an object among accepted values list what is accepted in their turn. */
function firstOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => (isObject(entry) ? firstOf(entry) : entry));
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([key, choices]): [string, JsonValue][] => {
    if (!Array.isArray(choices)) return [[key, choices]];
    return choices.length === 0 || choices[0] === "" ? [] : [[key, firstOf(choices[0]!)]];
  });
  return Object.fromEntries(members);
}

function acceptOnly(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((entry) => (isObject(entry) ? acceptOnly(entry) : entry));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, [acceptOnly(entry)]]));
}

function writeQuestion({ turns, tools, metadata }: TrajectoryContent): JsonObject {
  const groups: JsonValue[][] = [[]];
  const answers: (AssistantTurn | undefined)[] = [];
  turns.forEach((turn, i) => {
    if (turn.role === "assistant" && (turn.calls.length > 0 || turn.raw !== undefined)) answers[groups.length - 1] ??= turn;
    else if (turn.role === "user" || turn.role === "system") {
      // what follows an answered question opens the next one
      const isNext = turn.role === "user" && turns.slice(0, i).some((before) => before.role === "assistant") && groups.at(-1)!.length > 0;
      if (isNext) groups.push([]);
      groups.at(-1)!.push({ role: turn.role, content: turn.content });
    }
  });
  const isConversation = groups.length > 1 && answers.filter((answer) => answer !== undefined).length > 0;
  const { fields } = metadata;
  const truth = isConversation
    ? groups.map((_group, i) => callTexts(answers[i]))
    : answers[0]?.raw !== undefined
      ? [answers[0].raw]
      : answers[0]?.calls.map((call) => ({ [call.name]: call.arguments.ok ? acceptOnly(call.arguments.value) : {} }));
  return {
    ...(isObject(fields) ? fields : {}),
    question: groups,
    ...(tools.length > 0 ? { function: tools.map(toolToJson) } : {}),
    ...(truth === undefined ? {} : { ground_truth: truth }),
  };
}

const callTexts = (answer: AssistantTurn | undefined): JsonValue[] =>
  answer === undefined
    ? []
    : answer.raw !== undefined
      ? [answer.raw]
      : answer.calls.map((call) => pythonCallText(call) ?? `${call.name}()`);

/** The lines of a file in `possible_answer/` as recorded, by the id of their question. */
function answerLines(text: string | undefined): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  for (const line of (text ?? "").split(/\r?\n/)) {
    const parsed = parseJson(line);
    if (parsed.ok && isObject(parsed.value) && typeof parsed.value["id"] === "string") lines.set(parsed.value["id"], line);
  }
  return lines;
}

/** As recorded, with whatever else the line says, where it still accepts the same calls. */
function answerLine(id: JsonValue, truth: JsonValue, recorded: string | undefined): string {
  const parsed = recorded === undefined ? undefined : parseJson(recorded);
  if (parsed?.ok === true && isObject(parsed.value) && sameJson(parsed.value["ground_truth"], truth)) return recorded!;
  return JSON.stringify({ id, ground_truth: truth });
}

/** Questions in one file, accepted calls in `possible_answer/` under the same name. */
export function createBfclWriter(fileName = "trajectories.json"): FormatWriter {
  let recorded: { readonly text: string | undefined; readonly lines: ReadonlyMap<string, string> } = { text: undefined, lines: new Map() };
  const linesIn = (text: string | undefined): ReadonlyMap<string, string> => {
    if (recorded.text !== text) recorded = { text, lines: answerLines(text) };
    return recorded.lines;
  };
  /** Ids of written questions, with whether the file beside has calls for them: answers are found by the id. */
  const written = new Map<JsonValue, boolean>();
  return {
    extension: ".json",
    begin: "",
    write(content, about) {
      const { row, changes } = rowWithLosses(BFCL, content);
      const { ground_truth: truth, ...rest } = row;
      const id = rest["id"] ?? about?.id ?? "trajectory";
      const isAnswered = written.get(id);
      written.set(id, isAnswered === true || (isAnswered === undefined && truth !== undefined));
      // a second question of one id carries its calls itself, or it would get the first one's
      const question = { ...rest, id, ...(isAnswered !== undefined && truth !== undefined ? { ground_truth: truth } : {}) };
      const line =
        truth === undefined || isAnswered !== undefined
          ? undefined
          : answerLine(id, truth, typeof id === "string" ? linesIn(about?.beside?.()).get(id) : undefined);
      const beside = line === undefined ? [] : [{ path: `possible_answer/${fileName}`, text: `${line}\n` }];
      const confused = isAnswered === true && truth === undefined ? [takenForAnother(id)] : [];
      return { text: `${JSON.stringify(question)}\n`, beside, numRows: 1, changes: [...changes, ...confused] };
    },
    end: () => "",
  };
}

const takenForAnother = (id: JsonValue): LedgerChange => ({
  rule: "answers-of-another",
  detail: `An earlier question has the id ${asText(id)} too: read again, this one comes in with the accepted calls of that one.`,
});
