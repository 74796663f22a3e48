import { beforeEach, describe, expect, it } from "vitest";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { ToolUse } from "#contracts/tools.ts";
import type { ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { FACTS_VERSION } from "#core/trajectories/contentFacts.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openTestCore } from "../../test/fixtures/openTestCore.ts";
import { changeTrajectories, reverseChange } from "./changes/changeTrajectories.ts";
import type { Core } from "./core.ts";
import { indexContents } from "./indexContents.ts";
import { listTools } from "./toolCatalogue.ts";

let core: Core;
beforeEach(() => {
  core = openTestCore();
});

const schema = (...names: string[]) => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
  required: names,
});
const tool = (name: string, description = "", parameters: ToolDefinition["parameters"] = schema("ref")): ToolDefinition => ({
  name,
  description,
  parameters,
});
const call = (name: string, ref?: string): ToolCall => {
  const argumentsText = JSON.stringify(ref === undefined ? {} : { ref });
  return { name, argumentsText, arguments: parseArguments(argumentsText) };
};
const asks = (...calls: ToolCall[]): Turn => ({ role: "assistant", calls });
const conversation = (tools: readonly ToolDefinition[], ...turns: Turn[]): TrajectoryContent => ({
  tools,
  turns: [{ role: "user", content: "about A1 and B2" }, ...turns],
  metadata: {},
});
let numAdded = 0;
function add(...contents: TrajectoryContent[]): void {
  const { store } = core;
  store.transaction(() => {
    const name = `s${numAdded++}`;
    const source = store.sources.ensure({ sha256: name, format: "openai-chat", name, path: `/${name}`, numBytes: 1 });
    for (const each of contents) {
      const contentId = store.contents.write(each, summaryOf(each));
      store.trajectories.add({ sourceId: source.id, split: "train", contentId, author: "import", reason: "", at: "2026-01-01" });
    }
  });
  indexContents(core.store, { report: () => undefined, checkpoint: () => undefined });
}
const index = (): void => void indexContents(core.store, { report: () => undefined, checkpoint: () => undefined });
const found = (filter: TrajectoryFilter): number[] => [...core.store.lists.page(filter, 0, 99).numbers];
const byTool = (name: string, use: NonNullable<TrajectoryFilter["tool"]>["use"]): number[] => found({ tool: { name, use } });
const ask = (question: Partial<Parameters<typeof listTools>[1]> = {}) =>
  listTools(core, { text: "", list: "all", order: "name", descending: false, offset: 0, limit: 99, ...question });
const names = (question: Partial<Parameters<typeof listTools>[1]>): string[] => ask(question).rows.map(({ name }) => name);
const useOf = (name: string): ToolUse => core.store.tools.get(name).use;

const FEE = tool("fee");
const FEE_2 = tool("fee", "other words");
const IDLE = tool("idle");

describe("the catalogue of tools", () => {
  beforeEach(() => {
    add(
      conversation([FEE, IDLE], asks(call("fee", "A1")), { role: "tool", content: "3" }),
      conversation([FEE, IDLE], asks(call("fee")), { role: "tool", content: "error: no ref" }, asks(call("fee", "B2"))),
      conversation([FEE_2], asks(call("ghost", "A1"))),
      conversation([FEE_2, IDLE]),
      // the same content again: each trajectory counts
      conversation([FEE, IDLE], asks(call("fee", "A1")), { role: "tool", content: "3" }),
    );
  });

  it("counts definitions, offers and calls by trajectory, and each number leads to its trajectories", () => {
    expect(useOf("fee")).toEqual({
      name: "fee",
      numDefinitions: 2,
      numOffering: 5,
      numIdle: 2,
      numCalling: 3,
      numCalls: 4,
      numUnofferedCalls: 0,
      numUnoffered: 0,
      numFaultyCalls: 1,
      numFaulty: 1,
      numAnsweredCalls: 3,
      numFailedCalls: 1,
      numFailed: 1,
    });
    expect(byTool("fee", "offered")).toEqual([1, 2, 3, 4, 5]);
    expect(byTool("fee", "idle")).toEqual([3, 4]);
    expect(byTool("fee", "called")).toEqual([1, 2, 5]);
    expect([byTool("fee", "faulty"), byTool("fee", "failed"), byTool("fee", "unoffered")]).toEqual([[2], [2], []]);
    expect(useOf("ghost")).toMatchObject({ numDefinitions: 0, numOffering: 0, numCalls: 1, numUnofferedCalls: 1, numUnoffered: 1 });
    expect([byTool("ghost", "unoffered"), byTool("nothing", "unoffered"), byTool("nothing", "idle")]).toEqual([[3], [], []]);
    const { variants } = core.store.tools.get("fee");
    expect(variants.map(({ id }) => core.store.tools.definition(id))).toEqual(variants.map(({ definition }) => definition));
    expect(() => core.store.tools.definition(99)).toThrow("99");
    expect(variants.map(({ definition, numTrajectories }) => [definition, numTrajectories])).toEqual([
      [FEE, 3],
      [FEE_2, 2],
    ]);
    expect(variants.map(({ id }) => found({ definition: id }))).toEqual([
      [1, 2, 5],
      [3, 4],
    ]);
    expect(() => core.store.tools.get("nothing")).toThrow("no tool");
  });

  it("lists by fault, by parts of the name, in any order, in pages, and finds a place", () => {
    expect(ask().counts).toEqual({ all: 3, varied: 1, unoffered: 1, idle: 1, faulty: 2, failed: 1 });
    expect([names({ list: "varied" }), names({ list: "idle" }), names({ list: "unoffered" })]).toEqual([["fee"], ["idle"], ["ghost"]]);
    expect(names({ text: "HO g" })).toEqual(["ghost"]);
    expect(names({ order: "calls", descending: true })).toEqual(["fee", "ghost", "idle"]);
    expect(names({ order: "name", descending: true })).toEqual(["idle", "ghost", "fee"]);
    // shares, not numbers: all one call of "ghost" is faulty
    expect(names({ order: "faulty", descending: true })).toEqual(["ghost", "fee", "idle"]);
    expect(ask({ offset: 1, limit: 1, find: "idle" })).toMatchObject({ total: 3, place: 2, rows: [{ name: "ghost" }], isComplete: true });
    expect(ask({ list: "varied", find: "idle" }).place).toBeNull();
  });

  it("follows edits of one definition for all that offer it, merging included, and their undo", () => {
    const before = ask().rows;
    const change = (definition: number, from: ToolDefinition, to: ToolDefinition) =>
      changeTrajectories(
        core,
        { filter: { definition }, except: [] },
        { type: "defineTool", tool: "fee", from: [from], to },
        { author: "ann", reason: "" },
      );
    const [one, two] = core.store.tools.get("fee").variants;
    expect(change(two!.id, FEE_2, FEE)).toMatchObject({
      numChosen: 2,
      change: { numTrajectories: 2, title: "Defined tool fee anew in 2 trajectories" },
    });
    index();
    expect([useOf("fee").numDefinitions, found({ definition: one!.id }), found({ definition: two!.id })]).toEqual([1, [1, 2, 3, 4, 5], []]);

    change(one!.id, FEE, tool("fee", "new words", schema("ref", "date")));
    index();
    // calls that do not give the new parameter are objected to now
    expect(useOf("fee")).toMatchObject({ numDefinitions: 1, numOffering: 5, numFaultyCalls: 4 });
    reverseChange(core, "undo", { author: "ann" });
    reverseChange(core, "undo", { author: "ann" });
    index();
    expect(ask().rows).toEqual(before);
  });

  it("goes on with what comes in, and is counted anew where the facts are", () => {
    add(conversation([FEE_2, tool("fee", "third")], asks(call("ghost", "B2"))), conversation([tool("ghost")]));
    expect(useOf("fee")).toMatchObject({ numDefinitions: 3, numOffering: 6 });
    expect(useOf("ghost")).toMatchObject({ numOffering: 1, numIdle: 1, numUnofferedCalls: 2, numFaultyCalls: 2 });
    const before = ask().rows;
    core.store.facts.begin(FACTS_VERSION + 1);
    expect([ask().rows, ask().isComplete]).toEqual([[], false]);
    index();
    expect(ask().rows).toEqual(before);
  });
});
