import { beforeEach, describe, expect, it } from "vitest";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Operation } from "#contracts/changes.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { FACTS_VERSION } from "#core/trajectories/contentFacts.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openTestCore } from "../../test/fixtures/openTestCore.ts";
import { changeTrajectories, reverseChange } from "./changes/changeTrajectories.ts";
import { reviseTrajectory } from "./changes/reviseTrajectory.ts";
import type { Core } from "./core.ts";
import { indexContents } from "./indexContents.ts";
import { listTrajectories } from "./trajectories.ts";

let core: Core;
beforeEach(() => {
  core = openTestCore();
});

const tool = (name: string) => ({
  name,
  description: "",
  parameters: { type: "object", properties: { ref: { type: "string" } }, required: ["ref"], additionalProperties: false },
});
function conversation(user: string, calls: readonly (readonly [name: string, args: Record<string, string>])[], offered: readonly string[]) {
  const turns: TrajectoryContent["turns"] = [
    { role: "user", content: user },
    ...calls.map(([name, value]) => ({
      role: "assistant" as const,
      calls: [{ name, argumentsText: JSON.stringify(value), arguments: { ok: true as const, value } }],
    })),
  ];
  return { tools: offered.map(tool), turns, metadata: {} } satisfies TrajectoryContent;
}
function add(contents: readonly TrajectoryContent[], name = "s"): void {
  const { store } = core;
  store.transaction(() => {
    const source = store.sources.ensure({ sha256: name, format: "openai-chat", name, path: `/${name}`, numBytes: 1 });
    for (const each of contents) {
      const contentId = store.contents.write(each, summaryOf(each));
      store.trajectories.add({ sourceId: source.id, split: "train", contentId, author: "import", reason: "", at: "2026-01-01" });
    }
  });
}
const index = (): void => void indexContents(core.store, { report: () => undefined, checkpoint: () => undefined });
const found = (filter: TrajectoryFilter): number[] => [...core.store.lists.page(filter, 0, 99).numbers];
const author = (name: string) => ({ author: name, reason: "" });
const change = (ids: readonly number[], operation: Operation, name = "ann") =>
  changeTrajectories(core, { ids: ids.map((id) => `T-${String(id).padStart(5, "0")}`) }, operation, author(name));
const answer = (option: string, question = "outcome"): Operation => ({
  type: "label",
  question,
  place: {},
  options: [option],
  adjudicate: false,
});

describe("a filter by what a content holds", () => {
  beforeEach(() => {
    add([
      conversation("fee of A1", [["get_fee", { ref: "A1" }]], ["get_fee", "get_rate"]),
      conversation(
        "rate of B2 and fee",
        [
          ["get_rate", { ref: "B2" }],
          ["get_fee", { ref: "B2" }],
        ],
        ["get_fee", "get_rate"],
      ),
      conversation("fee of C3", [["get_fee", {}]], ["get_fee"]),
      conversation("fee of D4", [["quote", { ref: "D4" }]], ["get_fee"]),
      conversation("hello", [], []),
    ]);
    index();
  });

  it("tells tools called from tools offered", () => {
    expect(found({ tool: { name: "get_rate", use: "called" } })).toEqual([2]);
    expect(found({ tool: { name: "get_rate", use: "offered" } })).toEqual([1, 2]);
    expect(found({ tool: { name: "nothing", use: "called" } })).toEqual([]);
    expect(core.store.lists.facets({}).called).toEqual([
      { value: "get_fee", count: 3 },
      { value: "get_rate", count: 1 },
      { value: "quote", count: 1 },
    ]);
    // under all conditions but its own
    expect(core.store.lists.facets({ tool: { name: "quote", use: "called" }, calls: { to: 1 } }).called).toEqual([
      { value: "get_fee", count: 2 },
      { value: "quote", count: 1 },
    ]);
  });

  it("counts turns and calls, and names the findings of the call checker", () => {
    expect(found({ turns: { from: 3 } })).toEqual([2]);
    expect(found({ calls: { to: 0 } })).toEqual([5]);
    expect(found({ finding: "F05" })).toEqual([3]);
    expect(found({ finding: "F02" })).toEqual([4]);
    expect(found({ finding: "any" })).toEqual([3, 4]);
    expect(found({ finding: "none" })).toEqual([1, 2, 5]);
    expect(found({ unreadable: false }).length).toBe(5);
    expect(core.store.lists.facets({ finding: "F05" }).findings).toEqual([
      { value: "F02", count: 1 },
      { value: "F05", count: 1 },
    ]);
  });

  it("finds a tool no longer invented once another import has brought it", () => {
    add([conversation("quote of E5", [["quote", { ref: "E5" }]], ["quote"])], "t");
    expect(core.store.facts.isComplete(FACTS_VERSION)).toBe(false);
    index();
    expect([found({ finding: "F02" }), found({ finding: "F03" })]).toEqual([[], [4]]);
    expect(core.store.facts.isComplete(FACTS_VERSION)).toBe(true);
  });

  it("makes everything anew where another version made it", () => {
    core.store.facts.begin(FACTS_VERSION + 1);
    expect(found({ finding: "none" })).toEqual([]);
    expect(listTrajectories(core, {}, 0, 9).indexComplete).toBe(false);
    index();
    expect(found({ finding: "F05" })).toEqual([3]);
  });

  it("says what each condition leaves out", () => {
    const facets = core.store.lists.facets({ finding: "F05", calls: { from: 2 }, text: "fee" });
    expect([facets.total, facets.alone, facets.without]).toEqual([0, { finding: 1, calls: 1, text: 4 }, { finding: 1, calls: 1, text: 0 }]);
  });
});

describe("a filter by what review has made of it", () => {
  beforeEach(() => {
    add(Array.from({ length: 5 }, (_, i) => conversation(`question ${i}`, [], [])));
    index();
  });

  it("follows statuses, queues, authors and undo", () => {
    change([1, 2], { type: "status", status: "accepted" });
    change([2, 3], { type: "status", status: "flagged" }, "ben");
    change([4], { type: "assign", annotator: "ben" });
    expect(found({ status: ["accepted", "flagged"] })).toEqual([1, 2, 3]);
    expect(found({ status: [] })).toEqual([]);
    expect([found({ assignee: "ben" }), found({ assignee: null }), found({ assignee: "nobody" })]).toEqual([[4], [1, 2, 3, 5], []]);
    expect([found({ editedBy: "ann" }), found({ editedBy: "ben" })]).toEqual([
      [1, 2, 4],
      [2, 3],
    ]);
    expect(core.store.lists.facets({ status: ["accepted"] })).toMatchObject({
      total: 1,
      statuses: [
        { value: "unreviewed", count: 2 },
        { value: "accepted", count: 1 },
        { value: "flagged", count: 2 },
      ],
      assignees: [],
      unassigned: 1,
    });
    reverseChange(core, "undo", author("ben"));
    expect(found({ status: ["flagged"] })).toEqual([]);
  });

  it("finds labels by question, answer and person, and what is in dispute", () => {
    change([1, 2], answer("yes"));
    change([1], answer("no"), "ben");
    change([2], answer("yes"), "ben");
    change([3], answer("tool", "call"), "ben");
    expect(found({ label: { question: "outcome" } })).toEqual([1, 2]);
    expect(found({ label: { question: "outcome", option: "yes", annotator: "ben" } })).toEqual([2]);
    expect([found({ labelledBy: "ann" }), found({ labelledBy: "ben" })]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    expect([found({ disputed: true }), found({ disputed: false })]).toEqual([[1], [2, 3, 4, 5]]);
    expect(core.store.lists.facets({})).toMatchObject({
      disputed: 1,
      labels: [
        { question: "call", option: "tool", count: 1 },
        { question: "outcome", option: "yes", count: 2 },
        { question: "outcome", option: "no", count: 1 },
      ],
    });
    change([1], { ...answer("no"), adjudicate: true } as Operation, "cy");
    expect(found({ disputed: true })).toEqual([]);
  });

  it("keeps a search while something is edited, and finds the edited text", () => {
    expect(found({ text: "question" })).toEqual([1, 2, 3, 4, 5]);
    const content = conversation("another matter", [], []);
    reviseTrajectory(core, { id: "T-00003", baseRevision: 1, content, ...author("ann") });
    expect(found({ text: "question" })).toEqual([1, 2, 4, 5]);
    index();
    expect(found({ text: "another" })).toEqual([3]);
    reviseTrajectory(core, { id: "T-00004", baseRevision: 1, content: conversation("another question", [], []), ...author("ann") });
    index();
    expect([found({ text: "question" }), found({ text: "another" })]).toEqual([
      [1, 2, 4, 5],
      [3, 4],
    ]);
  });

  it("names trajectories by id, and joins conditions by and", () => {
    expect(found({ ids: ["T-00002", "T-00009", "no id"] })).toEqual([2]);
    change([2, 3], { type: "status", status: "rejected" });
    expect(found({ ids: ["T-00001", "T-00002"], status: ["rejected"], text: "question" })).toEqual([2]);
    expect(core.store.lists.offsetOf("T-00003", { status: ["rejected"] })).toBe(1);
    expect(core.store.lists.offsetOf("T-00004", { status: ["rejected"] })).toBeNull();
  });
});
