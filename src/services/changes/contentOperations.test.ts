import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { operationSchema } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import type { ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openTestCore, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import type { Core } from "../core.ts";
import { getTrajectory } from "../trajectories.ts";
import { changeTrajectories, reverseChange } from "./changeTrajectories.ts";
import { listFixes } from "./listFixes.ts";

let core: Core;
beforeEach(() => {
  core = openTestCore(join(temporaryFolder(), "workspace"));
});

const ann = { author: "ann", reason: "" };
const call = (name: string, argumentsText: string): ToolCall => ({ name, argumentsText, arguments: parseArguments(argumentsText) });
const asks = (...calls: ToolCall[]): Turn => ({ role: "assistant", calls });
const fee = {
  name: "get_fee",
  description: "",
  parameters: { type: "object", properties: { ref: { type: "integer" } }, required: ["ref"] },
};
const content = (user: string, ...turns: Turn[]): TrajectoryContent => ({
  tools: [fee],
  turns: [{ role: "user", content: user }, ...turns],
  metadata: { a: 1 },
});

function add(...contents: TrajectoryContent[]): string[] {
  const { store } = core;
  return store.transaction(() => {
    const source = store.sources.ensure({ sha256: "s", format: "openai-chat", name: "s", path: "/s", numBytes: 1 });
    return contents.map((each) => {
      const contentId = store.contents.write(each, summaryOf(each));
      const number = store.trajectories.add({ sourceId: source.id, split: "train", contentId, author: "import", reason: "", at: "2026" });
      return `T-${String(number).padStart(5, "0")}`;
    });
  });
}
const contentOf = (id: string): TrajectoryContent => {
  const { id: _id, split: _split, ...its } = getTrajectory(core, id).trajectory;
  return its;
};
const apply = (ids: readonly string[], operation: unknown) =>
  changeTrajectories(core, { ids: [...ids] }, operationSchema.parse(operation), ann);

const CONTENTS = [
  content("the fee of get_fee", asks(call("get_fee", '{"ref":"12"}')), { role: "tool", content: "fee: 3" }),
  content("hello", { role: "assistant", calls: [], answer: "hello" }),
  { ...content("different", asks(call("get_fee", "{}"))), tools: [fee, { ...fee, name: "quote", description: "other" }] },
];

describe("operations over contents", () => {
  it.each([
    [{ type: "replace", find: "fee", replacement: "cost", parts: ["user", "result"] }, 1, 0, 'Replaced "fee" by "cost" in 3 trajectories'],
    [{ type: "renameTool", from: "get_fee", to: "quote" }, 2, 1, "Renamed tool get_fee to quote in 3 trajectories"],
    [{ type: "renameParameter", tool: "get_fee", from: "ref", to: "no" }, 3, 0, "Renamed parameter ref of get_fee to no in 3 trajectories"],
    [{ type: "fix", fix: "numberFromText" }, 1, 0, "Fixed numbers written as text in 3 trajectories"],
  ])("%j are one change that is undone as a whole, and leave the rest alone", (operation, changed, skipped, title) => {
    const ids = add(...CONTENTS);
    const { change, changeId } = apply(ids, operation);
    expect(change).toMatchObject({ title, numTrajectories: changed, numSkipped: skipped });
    expect(ids.filter((id) => getTrajectory(core, id).revision.number > 1)).toHaveLength(changed);
    if (skipped > 0)
      expect(core.store.changes.skipped(changeId, 9)).toEqual([{ trajectoryId: ids[2], reason: 'it offers a different "quote" already' }]);
    const after = ids.map(contentOf);
    expect(after).not.toEqual(CONTENTS);
    reverseChange(core, "undo", ann);
    expect(ids.map(contentOf)).toEqual(CONTENTS);
    reverseChange(core, "redo", ann);
    expect(ids.map(contentOf)).toEqual(after);
  });

  it("that cannot be used are refused before anything is written", () => {
    const ids = add(...CONTENTS);
    const refused = () => apply(ids, { type: "replace", find: "(a+)+", replacement: "", isPattern: true, parts: ["user"] });
    expect(refused).toThrow(AppError);
    expect(core.store.changes.recent(9)).toEqual([]);
  });

  it("move labels and notes with their turns where a call is removed, and bring them back", () => {
    const again = [asks(call("get_fee", '{"ref":12}')), { role: "tool", content: "3" } as const];
    const [id] = add(content("fee of 12", ...again, ...again, { role: "assistant", calls: [], answer: "3" })) as [string];
    for (const turn of [1, 3, 5]) apply([id], { type: "label", question: "outcome", place: { turn }, options: ["yes"] });
    apply([id], { type: "note", text: "why twice?", place: { turn: 3 } });
    const annotations = () => {
      const { labels, notes } = getTrajectory(core, id).review.annotations;
      return [labels.map(({ place }) => place.turn), notes.map(({ text, place }) => [text, place?.turn])];
    };
    const before = annotations();
    apply([id], { type: "fix", fix: "repeatedCall" });
    expect([contentOf(id).turns.length, annotations()]).toEqual([4, [[1, 3], [["why twice?", undefined]]]]);
    reverseChange(core, "undo", ann);
    expect(annotations()).toEqual(before);
  });
});

describe("fixes of a trajectory", () => {
  it("are listed by turn beside their findings, and applied one by one", () => {
    const [id] = add(content("fees of 12 and 13", asks(call("get_fees", '{"ref":"12"}'), call("get_fee", '{"ref":"13"}')))) as [string];
    const { fixes } = listFixes(core, id);
    const findings = getTrajectory(core, id).checks[1]!.findings;
    expect(fixes[1]!.map(({ title, finding }) => [title, findings[finding]!.code])).toEqual([
      ["Call get_fee", "F02"],
      ["Write 13 as a number", "F07"],
    ]);
    apply([id], fixes[1]![1]!.operation);
    expect(contentOf(id).turns[1]).toEqual(asks(call("get_fees", '{"ref":"12"}'), call("get_fee", '{"ref":13}')));
    const unsaved = content("", asks(call("get_fee", '{"ref":"7"}')));
    expect(listFixes(core, id, unsaved).fixes[1]!.map(({ title }) => title)).toEqual(["Write 7 as a number"]);
  });
});
