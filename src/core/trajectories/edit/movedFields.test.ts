/** What a row had beyond its format's usual spelling stays at its turn, whatever happens to the turns around it. */
import { describe, expect, it } from "vitest";
import type { ImportFormat, TextFormat } from "#contracts/imports.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { readFile, writeFiles } from "../formats/formatsTesting.ts";
import { mergeContents } from "../mergeContents.ts";
import * as edit from "./index.ts";

type RowFormatName = Exclude<ImportFormat, "parquet"> & TextFormat;

/** A field of its own in every message; it says of which one it is. */
const noted = (item: JsonObject, text: string): JsonObject => ({ ...item, note: `note of ${text}` });
const call = (city: string): string => JSON.stringify({ name: "find", arguments: { city } });
const nodes = (...all: JsonObject[]): JsonValue[] => all.reduceRight<JsonObject[]>((next, node) => [{ ...node, next }], []);

/** Two questions, each with a call of "find", its result and an answer, where the format has them. */
const ROWS: readonly (readonly [format: RowFormatName, text: string])[] = [
  [
    "sharegpt",
    JSON.stringify({
      conversations: [
        noted({ from: "human", value: "ask one" }, "ask one"),
        noted({ from: "function_call", value: call("Oslo") }, "Oslo"),
        noted({ from: "observation", value: "found one" }, "found one"),
        noted({ from: "gpt", value: "answer one" }, "answer one"),
        noted({ from: "human", value: "ask two" }, "ask two"),
        noted({ from: "gpt", value: "answer two" }, "answer two"),
      ],
      system: "be brief",
    }),
  ],
  [
    "hermes",
    JSON.stringify({
      conversations: [
        noted({ from: "system", value: "be brief" }, "be brief"),
        noted({ from: "human", value: "ask one" }, "ask one"),
        noted({ from: "gpt", value: `<tool_call>\n${call("Oslo")}\n</tool_call>\n<tool_call>\n${call("Bern")}\n</tool_call>` }, "Oslo"),
        noted(
          { from: "tool", value: "<tool_response>\nfound one\n</tool_response>\n<tool_response>\nfound more\n</tool_response>" },
          "found",
        ),
        noted({ from: "gpt", value: "answer one" }, "answer one"),
        noted({ from: "human", value: "ask two" }, "ask two"),
        noted({ from: "gpt", value: "answer two" }, "answer two"),
      ],
    }),
  ],
  [
    "api-bank-dialogue",
    [
      noted({ role: "User", text: "ask one" }, "ask one"),
      noted(
        {
          role: "API",
          api_name: "find",
          param_dict: { city: "Oslo" },
          result: { api_name: "find", input: { city: "Oslo" }, output: "found one", exception: null },
        },
        "Oslo",
      ),
      noted({ role: "AI", text: "answer one" }, "answer one"),
      noted({ role: "User", text: "ask two" }, "ask two"),
      noted({ role: "AI", text: "answer two" }, "answer two"),
    ]
      .map((line) => JSON.stringify(line))
      .join("\n"),
  ],
  [
    "bfcl",
    JSON.stringify({
      id: "multi_turn_1",
      question: [
        [noted({ role: "system", content: "be brief" }, "be brief"), noted({ role: "user", content: "ask one" }, "ask one")],
        [noted({ role: "user", content: "ask two" }, "ask two")],
      ],
      ground_truth: [["find(city='Oslo')"], ["find(city='Bern')"]],
    }),
  ],
  [
    "tooleval",
    JSON.stringify({
      q1: {
        query: "ask one",
        available_tools: [],
        answer: {
          method: "m",
          total_steps: 4,
          final_answer: "answer two",
          answer_details: nodes(
            noted({ role: "system", message: "be brief" }, "be brief"),
            noted({ role: "user", message: "ask one" }, "ask one"),
            noted({ role: "tool", message: "{'name': 'find', 'arguments': '{\"city\": \"Oslo\"}', 'response': 'found one'}" }, "Oslo"),
            noted({ role: "user", message: "ask two" }, "ask two"),
            noted({ role: "assistant", message: "answer two" }, "answer two"),
          ),
        },
      },
    }),
  ],
  [
    "toolalpaca",
    JSON.stringify([
      {
        Name: "api",
        Instructions: ["ask one"],
        Golden_Answers: [
          [
            noted({ Action: "find", Action_Input: '{"city": "Oslo"}' }, "Oslo"),
            noted({ Action: "find", Action_Input: '{"city": "Bern"}' }, "Bern"),
          ],
        ],
      },
    ]),
  ],
];

const read = (format: RowFormatName, text: string): TrajectoryContent => readFile(format, text).contents[0]!;
/** Notes in the written file, with the rest of the object that has them. */
function notesIn(format: RowFormatName, content: TrajectoryContent): readonly (readonly [note: string, of: string])[] {
  const { text, files } = writeFiles(format, [content]);
  const found: [string, string][] = [];
  const visit = (value: JsonValue): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    const { note, next, ...rest } = value as JsonObject;
    if (typeof note === "string") found.push([note.replace("note of ", ""), JSON.stringify(rest)]);
    Object.values(rest).forEach(visit);
    if (next !== undefined) visit(next);
  };
  const whole =
    text === ""
      ? [...files.entries()]
          .filter(([path]) => path.endsWith(".jsonl"))
          .map(([, its]) => its)
          .join("")
      : text;
  if (format === "tooleval" || format === "toolalpaca") visit(JSON.parse(whole) as JsonValue);
  else for (const line of whole.trim().split("\n")) visit(JSON.parse(line) as JsonValue);
  return found;
}
const misplaced = (notes: readonly (readonly [string, string])[]) => notes.filter(([note, of]) => !of.includes(note));
const indexOf = (content: TrajectoryContent, text: string): number =>
  content.turns.findIndex((turn) => JSON.stringify(turn).includes(text));
const user = (text: string) => ({ role: "user", content: text }) as const;

describe.each(ROWS)("fields that are not interpreted, in %s", (format, text) => {
  const content = read(format, text);
  const notes = notesIn(format, content);
  const names = (notesNow: readonly (readonly [string, string])[]) => notesNow.map(([note]) => note).sort();

  it("come back where they were", () => {
    expect([notes.length > 1, misplaced(notes)]).toEqual([true, []]);
  });

  it("stay with their turns where one is added or moved", () => {
    const added = notesIn(format, edit.addTurn(content, indexOf(content, "ask one"), user("new")));
    expect([misplaced(added), names(added)]).toEqual([[], names(notes)]);
    const moved = notesIn(format, edit.moveTurn(content, content.turns.length - 1, indexOf(content, "ask one")));
    expect(misplaced(moved)).toEqual([]);
  });

  it("go with a turn that is removed, and leave the others at theirs", () => {
    for (let i = 0; i < content.turns.length; i++) {
      const left = edit.removeTurn(content, i);
      if (!left.turns.some(({ role }) => role === "assistant") || !left.turns.some(({ role }) => role === "user")) continue;
      expect(misplaced(notesIn(format, left)), `without turn ${i + 1}`).toEqual([]);
    }
  });

  it("stay with the first half of a turn that is split, and with it when it is merged again", () => {
    const split = edit.splitTurn(content, indexOf(content, "ask one"), { part: "content", offset: 3 });
    expect(misplaced(notesIn(format, split)).filter(([note]) => note !== "ask one")).toEqual([]);
    expect(names(notesIn(format, edit.mergeTurns(split, indexOf(split, "ask"))))).toEqual(names(notes));
  });

  it("find their turns where two edits are merged", () => {
    const mine = edit.addTurn(content, 0, user("mine"));
    const last = content.turns.length;
    const theirs = edit.addTurn(content, last, user("theirs"));
    const merged = mergeContents(content, mine, theirs);
    expect(merged.conflicts).toEqual([]);
    expect(misplaced(notesIn(format, merged.content))).toEqual([]);
  });
});

it("a removed turn takes its fields with it, and no other's", () => {
  const [format, text] = ROWS[0]!;
  const content = read(format, text);
  const left = edit.removeTurn(content, indexOf(content, "found one"));
  expect(notesIn(format, left).map(([note]) => note)).toEqual(["ask one", "Oslo", "answer one", "ask two", "answer two"]);
});
