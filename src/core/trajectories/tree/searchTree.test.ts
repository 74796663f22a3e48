import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { TreeNode } from "#contracts/trees.ts";
import { sameJson } from "../sameJson.ts";
import { readFile, writeFile } from "../formats/formatsTesting.ts";
import { createBranchMessages } from "./branchMessages.ts";
import { chosenLeafOf, openSearch, type SearchBranches } from "./searchBranches.ts";
import { readSearchTree } from "./searchTree.ts";
import { treeNodesOf } from "./treeNodes.ts";

const DATA = join(import.meta.dirname, "../../../../../shared/data/toolbench");
const isAbsent = !existsSync(DATA);

const node = (node_type: string, description: string, rest: JsonObject = {}, ...children: readonly JsonObject[]): JsonObject => ({
  node_type,
  description,
  pruned: false,
  finished: false,
  is_terminal: false,
  expand_num: 0,
  ...rest,
  children: [...children],
});
const call = (name: string, args: string, code: number, expand: number, ...children: readonly JsonObject[]): JsonObject =>
  node(
    "Action",
    name,
    {},
    node("Action Input", args, { observation: `"${name}" é`, observation_code: code, expand_num: expand }, ...children),
  );

const head = [
  { role: "system", content: "Think. Tools:\n" },
  { role: "user", content: "\nq\nBegin!\n" },
];
const called = (content: string | null, name: string, args = "{}") => ({
  role: "assistant",
  content,
  function_call: { name, arguments: args },
});
const came = (name: string, from = name) => ({ role: "function", name, content: `"${from}" é` });
const hint = (tries: string, observed: string) => ({
  role: "user",
  content: `This is not the first time you try this task, all previous trails failed.\nBefore you generate my thought for this state, I will first show you your previous actions for this state, and then you must generate actions that is different from all of them. Here are some previous actions candidates:\n${tries}\n${observed}\nRemember you are now in the intermediate state of a trail, you will first analyze the now state and previous action candidates, then make actions that is different from all the previous.`,
  valid: false,
});
const tried = (name: string) =>
  `[\n  {\n    "name": "${name}",\n    "arguments": "{}",\n    "function_output": "\\"${name}\\" \\u00e9",\n    "mento-carlo-action-value": 0.0\n  }\n]`;

/** Two tries after one call: a made-up name that leads nowhere; a thought in a message of its own, then the answer. */
const root = node(
  "Action Input",
  "",
  {},
  call(
    "look",
    "{}",
    0,
    1,
    node("Thought", "in one message", {}, call("invent", "{}", 1, 2, node("Thought", "cut off", { pruned: true, expand_num: 3 }))),
    node("Thought", "on its own", { expand_num: 4 }, call("Finish", '{"return_type": "give_answer"}', 3, 5)),
  ),
);
const LEAVES = { cutOff: 6, answered: 9 };
const recorded = [
  [...head, called(null, "look")],
  [
    ...head,
    called(null, "look"),
    came("look"),
    hint(tried("invent"), 'again, your former observation: "look" é\n'),
    { role: "assistant", content: "on its own" },
  ],
  [
    ...head,
    called(null, "look"),
    came("look"),
    hint(tried("invent"), 'again, your former observation: "look" é\n'),
    { role: "assistant", content: "on its own" },
    called(null, "Finish", '{"return_type": "give_answer"}'),
  ],
];
const file = (rest: JsonObject = {}): string =>
  JSON.stringify({
    win: true,
    tree: { size: 8, tree: root },
    answer_generation: {
      valid_data: true,
      query: "q",
      finish_type: "give_answer",
      function: [],
      train_messages: recorded,
      ...rest,
    } as never,
  });
const open = (text: string): SearchBranches => {
  const search = openSearch(text);
  if (!search.ok) throw new Error(search.detail);
  return search.value;
};
const importOf = (text: string) => readFile("toolbench-tree", text).contents[0]!;

describe("the messages of a branch", () => {
  const nodes = readSearchTree({ tree: { tree: root } });
  const messages = createBranchMessages(nodes, head);

  it("hold the hint of a second try, in the last one's words, and thoughts of messages of their own", () => {
    expect(messages.stepsTo(LEAVES.answered)).toEqual(recorded);
  });

  it("name a made-up tool as the search did, and carry a thought in its call's message", () => {
    const path = [...head, called(null, "look"), came("look"), called("in one message", "invalid_hallucination_function_name")];
    expect(messages.stepsTo(LEAVES.cutOff)).toEqual([
      path.slice(0, 3),
      path,
      [...path, came("invalid_hallucination_function_name", "invent"), { role: "assistant", content: "cut off" }],
    ]);
  });
});

describe("branches of a search", () => {
  it("know the recorded one, and make of it what the importer makes", () => {
    const search = open(file());
    expect(search.recordedLeaf).toBe(LEAVES.answered);
    expect(search.branch(LEAVES.answered)).toMatchObject({ ok: true, value: { content: importOf(file()) } });
  });

  it("make of another one what the importer would, and remember which", () => {
    const branch = open(file()).branch(LEAVES.cutOff);
    if (!branch.ok) throw new Error(branch.detail);
    const { content, rows, changes } = branch.value;
    expect(content.turns.map((turn) => [turn.role, turn.role === "assistant" ? turn.calls[0]?.name : ""])).toEqual([
      ["system", ""],
      ["user", ""],
      ["assistant", "look"],
      ["tool", ""],
      ["assistant", "invalid_hallucination_function_name"],
    ]);
    expect(content.metadata["toolbench"]).toEqual({ win: true, query: "q", leaf: LEAVES.cutOff });
    expect(chosenLeafOf(content)).toBe(LEAVES.cutOff);
    expect(rows.map((row) => row.id)).toEqual(["Step 2: q", "Step 4: q"]);
    expect(JSON.parse(writeFile("toolllama", [content]))).toEqual(rows);
    expect(changes.map((change) => change.rule)).toContain("steps-without-call-dropped");
  });

  it("say what is wrong with a file, and that a node is no end", () => {
    expect(open(file()).branch(2)).toEqual({ ok: false, detail: expect.stringContaining("node 2 is not the end of a branch") });
    expect(openSearch("{")).toMatchObject({ ok: false, detail: expect.stringContaining("not valid JSON") });
    const without = (tree: JsonValue) => openSearch(JSON.stringify({ ...(JSON.parse(file()) as JsonObject), tree }));
    expect(without(7)).toMatchObject({ ok: false, detail: expect.stringContaining('"tree" is the number 7') });
    expect(without(node("Reflection", ""))).toMatchObject({ ok: false, detail: expect.stringContaining('"Reflection"') });
    expect(without(node("Thought", "", {}, null as never))).toMatchObject({ ok: false, detail: expect.stringContaining("is null") });
  });

  it("know no recorded one where the file was trained on something else", () => {
    expect(open(file({ train_messages: [[...head, called(null, "other")]] as never })).recordedLeaf).toBeNull();
  });
});

describe("nodes as shown", () => {
  it("are thoughts and calls with their results in words", () => {
    const shown = treeNodesOf(readSearchTree({ tree: { tree: root } }));
    const of = ({ id, parent, level, kind, toolName, result, isFailed, isPruned, ending, numChildren }: TreeNode) =>
      [
        id,
        parent,
        level,
        kind,
        toolName,
        result?.words,
        [isFailed && "failed", isPruned && "pruned", ending].filter(Boolean).join(),
        numChildren,
      ] as const;
    expect(shown.map(of)).toEqual([
      [0, null, 0, "start", null, undefined, "", 1],
      [2, 0, 1, "call", "look", "answered", "", 2],
      [3, 2, 2, "thought", null, undefined, "", 1],
      [5, 3, 3, "call", "invent", "no such tool", "failed", 1],
      [6, 5, 4, "thought", null, undefined, "pruned", 0],
      [7, 2, 2, "thought", null, undefined, "", 1],
      [9, 7, 3, "call", "Finish", "final answer given", "answered", 0],
    ]);
  });

  it("tell an answer that holds an error, and a code that nobody knows", () => {
    const result = (observation: string, code: number | null) =>
      treeNodesOf(
        readSearchTree({
          tree: node(
            "Action Input",
            "",
            {},
            node("Action", "a", {}, node("Action Input", "{}", { observation, ...(code === null ? {} : { observation_code: code }) })),
          ),
        }),
      )[1]!;
    expect(result('{"error": "Exceeded 30 redirects.", "res', 0)).toMatchObject({
      isFailed: true,
      result: { words: "answered with an error" },
    });
    expect(result('{"error": "", "response": ""}', 0)).toMatchObject({ isFailed: false, result: { words: "answered" } });
    expect(result("x", 77)).toMatchObject({ isFailed: true, result: { words: "unknown code 77" } });
    expect(result("x", null)).toMatchObject({ isFailed: false, result: { words: "no code recorded" } });
  });
});

describe.skipIf(isAbsent)("real trees (skipped where ../shared/data is absent)", () => {
  const load = (path: string): string => readFileSync(join(DATA, path), "utf8");
  const paths = isAbsent
    ? []
    : [
        "official_demo_tree.json",
        ...["G1_answer", "G2_answer", "G3_answer", "extra"].flatMap((folder) =>
          readdirSync(join(DATA, "answer_trees", folder)).map((name) => `answer_trees/${folder}/${name}`),
        ),
      ];
  const valid = paths.filter((path) => readFile("toolbench-tree", load(path)).contents.length > 0);

  it("give their recorded messages back from the tree alone, whole and in exactly one branch", () => {
    expect(valid).toHaveLength(13);
    for (const path of valid) {
      const answer = (JSON.parse(load(path)) as { answer_generation: { train_messages: JsonObject[][] } }).answer_generation;
      const { nodes, recordedLeaf } = open(load(path));
      const before = answer.train_messages[0]!.filter((message) => message["role"] !== "assistant" && message["valid"] !== false);
      const messages = createBranchMessages(nodes, before);
      expect(messages.stepsTo(recordedLeaf!), path).toEqual(answer.train_messages);
      const same = nodes.filter((each) => each.children.length === 0 && sameJson(messages.stepsTo(each.id), answer.train_messages));
      expect(same.map((each) => each.id)).toEqual([recordedLeaf]);
    }
  });

  it("make of the recorded branch exactly what the importer makes, and the official rows to the byte", () => {
    for (const path of valid) {
      const search = open(load(path));
      const branch = search.branch(search.recordedLeaf!);
      expect(branch.ok && branch.value.content, path).toEqual(importOf(load(path)));
    }
    const official = open(load("official_demo_tree.json"));
    const branch = official.branch(official.recordedLeaf!);
    expect(branch.ok && writeFile("toolllama", [branch.value.content])).toBe(load("official_demo_rows.json"));
  });

  it("make of every branch a trajectory that goes back to its rows, or say why not", () => {
    let numBranches = 0;
    const refused: string[] = [];
    for (const path of valid) {
      const search = open(load(path));
      for (const { id, children } of search.nodes) {
        if (children.length > 0) continue;
        numBranches++;
        const branch = search.branch(id);
        if (!branch.ok) refused.push(branch.detail);
        else expect(JSON.parse(writeFile("toolllama", [branch.value.content])), `${path} ${id}`).toEqual(branch.value.rows);
      }
    }
    expect([numBranches, refused]).toEqual([136, []]);
  });

  it("show every node once, each below its parent", () => {
    for (const path of valid) {
      const { nodes } = open(load(path));
      const shown = treeNodesOf(nodes);
      expect(shown.length).toBe(nodes.filter((each) => each.type !== "Action").length);
      const byId = new Map(shown.map((each) => [each.id, each]));
      for (const each of shown.slice(1)) expect(byId.get(each.parent!)!.level).toBe(each.level - 1);
    }
  });
});
