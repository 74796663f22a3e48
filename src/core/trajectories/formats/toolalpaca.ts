/**
 * @file ToolAlpaca's files: a list of APIs, each with instructions and the golden actions for them (`Instructions`, `Golden_Answers`), or with
 * recorded runs (`Instances`). Each instruction is a row of its own, and a trajectory; the API's documents go along with each.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "../parseArguments.ts";
import { refusal } from "../refusal.ts";
import { isObject, nameOf, readRow, refuseShape, RowRefusal, type FormatReader, type FormatWriter, type Settled } from "./format.ts";
import { lostByWriting } from "./lostByWriting.ts";
import { readRecorded, writeRecorded, type RowFormat } from "./recordedRow.ts";
import { readToolalpacaTools, writeToolalpacaTools } from "./toolalpacaTools.ts";

/** An instruction with its API as one row: `{api, Instruction, Golden_Answer}` or `{api, Instance}`. */
const TOOLALPACA: RowFormat = { key: "toolalpaca", rows: "ToolAlpaca instructions", read: readInstruction, write: writeInstruction };

export function createToolalpacaReader(): FormatReader {
  return {
    push(rowIndex, byteOffset, byteLength, rowText) {
      const place = { rowIndex, byteOffset, byteLength };
      const result = readRow(place, rowText, instructionsOf);
      if (!result.ok) return [result.settled];
      return result.value.map((row, i): Settled => {
        const at = { ...place, rowIndex: rowIndex + i };
        try {
          const content = readRecorded(TOOLALPACA, row);
          const changes = changesOf(row);
          return { kind: "trajectory", content, rows: [{ ...at, outcome: changes.length > 0 ? "changed" : "taken", changes }] };
        } catch (error) {
          if (!(error instanceof RowRefusal)) throw error;
          return { kind: "refused", row: at, refusal: refusal(error.code, error.params, byteOffset) };
        }
      });
    },
    finish: () => [],
  };
}

function instructionsOf(row: JsonObject): readonly JsonObject[] {
  const { Instructions: instructions, Golden_Answers: answers, Instances: instances, ...api } = row;
  if (Array.isArray(instances) && instructions === undefined) {
    if (instances.length === 0) return refuseShape('"Instances" is an empty list');
    return instances.map((instance) => ({ api, Instance: instance }));
  }
  if (!Array.isArray(instructions)) return refuseShape(`"Instructions" is ${nameOf(instructions)}, not a list`);
  if (instructions.length === 0) return refuseShape('"Instructions" is an empty list');
  const kept = instances === undefined ? api : { ...api, Instances: instances };
  return instructions.map((instruction, i) => {
    const answer = Array.isArray(answers) ? answers[i] : undefined;
    return { api: kept, Instruction: instruction, ...(answer === undefined ? {} : { Golden_Answer: answer }) };
  });
}

function readInstruction({ api, Instruction: instruction, Golden_Answer: answer, Instance: instance }: JsonObject): TrajectoryContent {
  const description = (api as JsonObject)["Function_Description"];
  const base = { tools: readToolalpacaTools(description), metadata: { toolalpaca: { api: api! } } };
  if (instance !== undefined) return { ...base, turns: readInstance(instance) };
  if (typeof instruction !== "string") return refuseShape(`the instruction is ${nameOf(instruction)}, not text`);
  if (answer === undefined) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  if (!Array.isArray(answer)) return refuseShape(`the golden answer is ${nameOf(answer)}, not a list`);
  const calls = answer.map((step, i) => {
    if (!isObject(step)) return refuseShape(`action ${i} is ${nameOf(step)}, not an object`);
    return callTurn(step["Action"], step["Action_Input"], `action ${i}`);
  });
  if (calls.length === 0) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return { ...base, turns: [{ role: "user", content: instruction }, ...calls] };
}

function callTurn(name: JsonValue | undefined, input: JsonValue | undefined, where: string, thought?: string): AssistantTurn {
  if (typeof name !== "string") return refuseShape(`the name in ${where} is ${nameOf(name)}, not text`);
  if (input === undefined) return refuseShape(`${where} has no input`);
  const argumentsText = typeof input === "string" ? input : JSON.stringify(input);
  const call = { name, argumentsText, arguments: parseArguments(argumentsText) };
  return { role: "assistant", ...(thought === undefined || thought === "" ? {} : { thought }), calls: [call] };
}

/** A recorded run: `[[action, input, log], observation]` for each step, then the answer. */
function readInstance(instance: JsonValue): readonly Turn[] {
  if (!isObject(instance)) return refuseShape(`the instance is ${nameOf(instance)}, not an object`);
  const { input, output, intermediate_steps: steps, "Final Thought": thought } = instance;
  if (typeof input !== "string") return refuseShape(`"input" of the instance is ${nameOf(input)}, not text`);
  const turns: Turn[] = [{ role: "user", content: input }];
  if (steps !== undefined && !Array.isArray(steps)) return refuseShape(`"intermediate_steps" is ${nameOf(steps)}, not a list`);
  for (const [i, step] of (steps ?? []).entries()) {
    const [action, observation] = Array.isArray(step) ? step : [];
    if (!Array.isArray(action)) return refuseShape(`step ${i} is not an action with its observation`);
    turns.push(callTurn(action[0], action[1], `step ${i}`, thoughtIn(action[2])));
    if (observation !== undefined)
      turns.push({ role: "tool", content: typeof observation === "string" ? observation : JSON.stringify(observation) });
  }
  if (typeof output === "string" && output !== "") {
    const reason = typeof thought === "string" && thought !== "" ? { thought } : {};
    turns.push({ role: "assistant", ...reason, calls: [], answer: output });
  }
  if (!turns.some((turn) => turn.role === "assistant")) throw new RowRefusal("E_ROW_NO_ASSISTANT");
  return turns;
}

/** The log of a step is the model's text: the thought is what stands before its action. */
function thoughtIn(log: JsonValue | undefined): string | undefined {
  if (typeof log !== "string") return undefined;
  const end = log.search(/\n?(ASSISTANT )?Action:/);
  return (end === -1 ? "" : log.slice(0, end)).replace(/^\s*(ASSISTANT )?Thought:\s*/, "").trim();
}

function changesOf({ Golden_Answer: answer }: JsonObject): readonly LedgerChange[] {
  if (!Array.isArray(answer) || answer.length < 2) return [];
  const detail = `The ${answer.length} golden actions became ${answer.length} turns; the file has no results between them.`;
  return [{ rule: "actions-without-results", detail }];
}

function writeInstruction({ tools, turns, metadata }: TrajectoryContent): JsonObject {
  const facts = metadata["toolalpaca"];
  const recorded = isObject(facts) && isObject(facts["api"]) ? facts["api"] : undefined;
  const api = recorded ?? { Name: tools[0]?.name ?? "no tools", Description: "", Function_Description: writeToolalpacaTools(tools) };
  const user = turns.find((turn) => turn.role === "user")?.content ?? "";
  const answers = turns.filter((turn) => turn.role === "assistant");
  const isRun = turns.some((turn) => turn.role === "tool") || answers.some((turn) => turn.answer !== undefined);
  if (!isRun) {
    const actions = answers.flatMap((turn) => turn.calls.map((call) => ({ Action: call.name, Action_Input: call.argumentsText })));
    return { api, Instruction: user, Golden_Answer: actions };
  }
  const final = answers.at(-1);
  const steps = turns.flatMap((turn, i): JsonValue[] => {
    if (turn.role !== "assistant") return [];
    const result = turns[i + 1];
    const observation = result?.role === "tool" ? [result.content] : [];
    return turn.calls.map((call) => {
      const log = `${turn.thought === undefined ? "" : `${turn.thought}\n`}ASSISTANT Action: ${call.name}\nASSISTANT Action Input: ${call.argumentsText}`;
      return [[call.name, call.argumentsText, log], ...observation];
    });
  });
  const isAnswer = final?.calls.length === 0;
  return {
    api,
    Instance: {
      input: user,
      output: isAnswer ? (final.answer ?? "") : "",
      ...(isAnswer && final.thought !== undefined ? { "Final Thought": final.thought } : {}),
      intermediate_steps: steps,
    },
  };
}

/** A list of APIs: trajectories of one API that follow each other stand together in it. */
export function createToolalpacaWriter(): FormatWriter {
  let api: string | undefined;
  let rows: JsonObject[] = [];
  let numWritten = 0;
  const close = (): string => {
    if (api === undefined) return "";
    const instructions = rows.filter((row) => row["Instance"] === undefined);
    const instances = rows.flatMap((row) => row["Instance"] ?? []);
    const entry = {
      ...(JSON.parse(api) as JsonObject),
      ...(instances.length > 0 ? { Instances: instances } : {}),
      ...(instructions.length > 0
        ? { Instructions: instructions.map((row) => row["Instruction"]!), Golden_Answers: instructions.map((row) => row["Golden_Answer"]!) }
        : {}),
    };
    return `${numWritten++ === 0 ? "" : ","}\n${JSON.stringify(entry)}`;
  };
  return {
    extension: ".json",
    begin: "[",
    write(content) {
      const { api: own, ...row } = writeRecorded(TOOLALPACA, content);
      const key = JSON.stringify(own);
      const isSame = key === api && (row["Instance"] === undefined) === (rows[0]?.["Instance"] === undefined);
      const text = isSame ? "" : close();
      rows = isSame ? [...rows, row] : [row];
      api = key;
      const changes = lostByWriting(content, () => readInstruction({ api: own!, ...row }), TOOLALPACA);
      return { text, numRows: 1, changes };
    },
    end: () => `${close()}\n]\n`,
  };
}
