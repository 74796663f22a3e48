/** @file Random edits for tests: whatever random numbers come in, an edit of some content. */
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { TURN_ROLES, type TrajectoryContent, type Turn } from "#contracts/trajectory.ts";
import * as edit from "./index.ts";

const WORDS = [
  "",
  "a",
  "Oslo\n",
  "\n\n",
  "Action: find",
  "\nAction: x",
  "Action Input: {}",
  "\nAnswer: no",
  "Thought: ",
  "\u{1F600}",
  '"',
  "é",
  "{",
  "\\",
];
const CONVERSIONS = ["thoughtToAnswer", "answerToThought", "rawToAnswer", "rawToThought"] as const;

/** @param next  random integers from 0 on */
export function randomEdits(next: () => number): { readonly step: (content: TrajectoryContent) => TrajectoryContent } {
  const below = (count: number): number => (count === 0 ? 0 : next() % count);
  const oneOf = <Value>(values: readonly Value[]): Value => values[below(values.length)]!;
  const text = (): string => Array.from({ length: below(4) }, () => oneOf(WORDS)).join(oneOf(["", " "]));
  const scalar = (): JsonValue => oneOf<JsonValue>([null, true, 0, 1.5, -1e21, text()]);
  const value = (depth = 0): JsonValue => {
    if (depth > 2 || below(3) > 0) return scalar();
    return below(2) === 0 ? Array.from({ length: below(3) }, () => value(depth + 1)) : object(depth + 1);
  };
  const object = (depth = 0): JsonObject =>
    Object.fromEntries(Array.from({ length: below(4) }, () => [oneOf(["a", "b", "a/b", "~", "", "__proto__"]), value(depth)]));
  const argumentsText = (): string =>
    oneOf([JSON.stringify(object()), JSON.stringify(object(), null, 2), '{"a":1.0,"a":2}', '{"a', text()]);
  const call = () => edit.readCall(oneOf(["find", "book", " x", "", "a\nb"]), argumentsText());
  const turn = (): Turn => {
    const role = oneOf(TURN_ROLES);
    if (role !== "assistant") return { role, content: text() };
    return below(2) === 0 ? { role, calls: [], answer: text() } : { role, thought: text() || "t", calls: [call()] };
  };
  /** One edit, mostly of places that are there. */
  const step = (content: TrajectoryContent): TrajectoryContent => {
    const at = below(content.turns.length + 1);
    const callIndex = below(2);
    const own = content.turns[at];
    const length = own === undefined ? 0 : (own.role === "assistant" ? (own.raw ?? own.answer ?? own.thought ?? "") : own.content).length;
    const edits: readonly (() => TrajectoryContent)[] = [
      () => edit.addTurn(content, at, turn()),
      () => edit.removeTurn(content, at),
      () => edit.moveTurn(content, at, below(content.turns.length)),
      () => edit.splitTurn(content, at, { part: oneOf(["content", "thought", "answer", "raw"]), offset: below(length + 1) }),
      () => edit.splitTurn(content, at, oneOf([{ before: "answer" }, { before: "call", callIndex }])),
      () => edit.mergeTurns(content, at),
      () => edit.retypeTurn(content, at, oneOf(TURN_ROLES)),
      () => edit.setTarget(content, at, below(2) === 0),
      () => edit.setText(content, at, oneOf(["content", "thought", "answer"]), text()),
      () =>
        edit.setRawText(
          content,
          at,
          oneOf([text(), `Answer: ${text()}`, `Thought: ${text()}\nAction: f\nAction Input: ${argumentsText()}`]),
        ),
      () => edit.convertPart(content, at, oneOf(CONVERSIONS)),
      () => edit.addCall(content, at, callIndex, call()),
      () => edit.removeCall(content, at, callIndex),
      () => edit.moveCall(content, at, callIndex, below(2)),
      () => edit.renameCall(content, at, callIndex, oneOf(["find", "", "a\nb", "other"])),
      () => edit.setArgumentsText(content, at, callIndex, argumentsText()),
      () => edit.setArguments(content, at, callIndex, object()),
      () =>
        edit.setArgument(
          content,
          at,
          callIndex,
          oneOf(["/a", "/b", "/a~1b", "/~0", "/", "/a/0", "/__proto__"]),
          oneOf([undefined, value()]),
        ),
      () => edit.renameArgument(content, at, callIndex, oneOf(["/a", "/b", "/"]), oneOf(["c", "a", "__proto__"])),
      () => edit.addTool(content, { name: oneOf(["find", "book", ""]), description: text(), parameters: object() }),
      () => edit.removeTool(content, below(2)),
      () => edit.editTool(content, 0, { name: oneOf(["find", "new"]), description: text(), parameters: {} }, { renameCalls: true }),
    ];
    return oneOf(edits)();
  };
  return { step };
}
