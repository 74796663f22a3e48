/** @file Edits of the texts of a turn, and of what a text is taken for: thought, answer or raw. */
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { readAssistantText } from "../readAssistantText.ts";
import { refuseEdit } from "./refuseEdit.ts";
import { assistantAt, turnAt, withTurn } from "./withTurns.ts";

export type TextPart = "content" | "thought" | "answer";

/** An empty thought is left out. A turn that calls takes no answer, and a raw turn no parts. */
export function setText(content: TrajectoryContent, turnIndex: number, part: TextPart, text: string): TrajectoryContent {
  const turn = turnAt(content, turnIndex);
  if (turn.role !== "assistant") {
    return part === "content" ? withTurn(content, turnIndex, { ...turn, content: text }) : refuseEdit(turnIndex, `it has no ${part}`);
  }
  if (part === "content") return refuseEdit(turnIndex, "a turn of the assistant has a thought, calls or an answer");
  if (turn.raw !== undefined) return refuseEdit(turnIndex, "it is kept as raw text, which has no parts");
  if (part === "answer") return withTurn(content, turnIndex, { ...turn, answer: text });
  const { thought: _before, ...rest } = turn;
  return withTurn(content, turnIndex, text === "" ? rest : { ...rest, thought: text });
}

/** Which tool a result is of; an empty name leaves it to the order of calls and results. */
export function setResultName(content: TrajectoryContent, turnIndex: number, name: string): TrajectoryContent {
  const turn = turnAt(content, turnIndex);
  if (turn.role !== "tool") return refuseEdit(turnIndex, "it is not a result");
  const { name: _before, ...rest } = turn;
  return withTurn(content, turnIndex, name === "" ? rest : { ...rest, name });
}

/** Text that follows the grammar becomes thought, calls or answer; any other stays raw, exactly as it is. */
export function setRawText(content: TrajectoryContent, turnIndex: number, text: string): TrajectoryContent {
  const turn = assistantAt(content, turnIndex);
  const read = readAssistantText(text);
  // ids are no part of the text: a call that is still the same keeps its own
  const calls = read.calls.map((call, i) => {
    const callId = turn.calls[i]?.name === call.name ? turn.calls[i].callId : undefined;
    return callId === undefined ? call : { ...call, callId };
  });
  const { thought: _thought, answer: _answer, raw: _raw, calls: _calls, ...kept } = turn;
  return withTurn(content, turnIndex, { ...kept, ...read, calls });
}

export type Conversion = "thoughtToAnswer" | "answerToThought" | "rawToAnswer" | "rawToThought";

/** A text taken for another part; where that part has a text already, the two are joined by a line break. */
export function convertPart(content: TrajectoryContent, turnIndex: number, conversion: Conversion): TrajectoryContent {
  const turn = assistantAt(content, turnIndex);
  return withTurn(content, turnIndex, converted(turn, turnIndex, conversion));
}

function converted(turn: AssistantTurn, turnIndex: number, conversion: Conversion): AssistantTurn {
  const { thought, answer, raw, ...rest } = turn;
  switch (conversion) {
    case "thoughtToAnswer":
      if (thought === undefined) return refuseEdit(turnIndex, "it has no thought");
      if (turn.calls.length > 0) return refuseEdit(turnIndex, "it calls tools: a turn does one of the two");
      return { ...rest, answer: answer ? `${thought}\n${answer}` : thought };
    case "answerToThought":
      if (!answer) return refuseEdit(turnIndex, "it has no answer");
      return { ...rest, thought: thought === undefined ? answer : `${thought}\n${answer}`, answer: "" };
    case "rawToAnswer":
      if (raw === undefined) return refuseEdit(turnIndex, "it is not kept as raw text");
      return { ...rest, answer: raw };
    case "rawToThought":
      if (!raw) return refuseEdit(turnIndex, raw === undefined ? "it is not kept as raw text" : "it is empty");
      return { ...rest, thought: raw, answer: "" };
  }
}
