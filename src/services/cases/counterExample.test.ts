import { describe, expect, it } from "vitest";
import type { CounterExample } from "#contracts/cases.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import type { Core } from "../core.ts";
import { changeTrajectories, reverseChange } from "../changes/changeTrajectories.ts";
import { writeTrajectory } from "../changes/writeTrajectory.ts";
import { addAll, call, chat, evaluate, openScripted, TOOLS, trainedRun } from "../evaluateTesting.ts";
import { getTrajectory } from "../trajectories.ts";
import { askPlayground } from "../askPlayground.ts";
import { casesOfVersion, getCase } from "./caseViews.ts";
import { makeCaseOfAnswer } from "./caseOfAnswer.ts";
import { counterExample } from "./counterExample.ts";
import { makeCases } from "./makeCases.ts";
import { fixCases, traceCases } from "./moveCases.ts";

const by = { author: "Ada", reason: "" };
const step = { ids: ["C-0001"], author: "Ada", note: "" };
const asking = (city: string, tool = "get_weather"): TrajectoryContent => ({
  ...chat(city),
  turns: [chat(city).turns[0]!, call(tool, city)],
});
/** Teaches a tool that is not there, and one that is there but wrong. */
const TRAINED = [asking("Bergen", "get_wether"), asking("Rome", "forecast"), asking("Lima")];
const HELD_OUT_TWO: TrajectoryContent = {
  ...chat("Oslo"),
  turns: [
    ...chat("Oslo").turns,
    { role: "tool", content: "rain" },
    { role: "user", content: "And in Turin?" },
    call("get_weather", "Turin"),
  ],
  targets: [4],
};

async function openWithCase(heldOut: TrajectoryContent): Promise<Core> {
  const core = openScripted(() => 'Action: forecast\nAction Input: {"city": "Oslo"}');
  addAll(core, TRAINED, "train");
  addAll(core, [heldOut], "validation");
  const runId = trainedRun(core);
  core.store.dataVersions.freeze({ name: runId, author: "import", note: "", at: "2026-01-01" });
  await evaluate(core, runId);
  await makeCases(core, { failures: { runId }, author: "Ada", note: "" });
  return core;
}
const freeze = (core: Core, name: string) => core.store.dataVersions.freeze({ name, author: "Ada", note: "", at: "2026-02-01" });
const changed = ({ content }: CounterExample, from: string, to: string): TrajectoryContent =>
  JSON.parse(JSON.stringify(content).replaceAll(from, to)) as TrajectoryContent;

describe("what a counter-example begins with", () => {
  it("is the case's prompt with what was expected, in parts, and the mark that it is held out", async () => {
    const core = await openWithCase(chat("Oslo"));
    const begun = counterExample(core, "C-0001");
    expect(begun).toMatchObject({ from: null, heldOut: { trajectoryId: "T-00004", split: "validation" } });
    expect(begun.content).toMatchObject({ tools: TOOLS, turns: [{ role: "user" }, { calls: [{ name: "get_weather" }] }] });
    expect(begun.content.targets).toBeUndefined();
    // trained on already: then nothing of it is told beforehand
    changeTrajectories(core, { ids: ["T-00004"] }, { type: "split", split: "train" }, by);
    expect(counterExample(core, "C-0001").heldOut).toBeNull();
  });

  it("is the prompt of a traced example, with its own values and the call put right", async () => {
    const core = await openWithCase(chat("Oslo"));
    // within two letters of a tool: a certain fix; else the tool that would have been right
    expect([0, 1].map((example) => counterExample(core, "C-0001", example))).toMatchObject([
      { from: "T-00001", heldOut: null, content: { turns: [{ content: "Weather in Bergen please" }, call("get_weather", "Bergen")] } },
      { from: "T-00002", heldOut: null, content: { turns: [{ content: "Weather in Rome please" }, call("get_weather", "Rome")] } },
    ]);
    // what it teaches is not wrong by the rules: what is right is the person's to say, beginning with what was right in the case
    expect(counterExample(core, "C-0001", 2).content.turns[1]).toMatchObject(call("get_weather", "Oslo"));
    expect(() => counterExample(core, "C-0001", 99)).toThrow(/no example of the run of C-0001/);
    expect(() => counterExample(core, "C-0009")).toThrow(/no case C-0009/);
  });

  it("trains on the right turn alone where the prompt has turns of the assistant", async () => {
    const core = await openWithCase(HELD_OUT_TWO);
    expect(counterExample(core, "C-0001").content).toMatchObject({ targets: [4], turns: { length: 5 } });
  });
});

describe("a counter-example", () => {
  it("has to ask something else than the held-out case: as a whole, and in the last thing said", async () => {
    const core = await openWithCase(HELD_OUT_TWO);
    const begun = counterExample(core, "C-0001");
    const write = (content: TrajectoryContent) => writeTrajectory(core, { content, caseId: "C-0001", ...by });
    expect(() => write(begun.content)).toThrow(/The prompt of T-00004 \(validation\) would become/);
    expect(() => write(changed(begun, "Turin", "Quito"))).toThrow(/The prompt of T-00004 \(validation\) would become/);
    expect(() => write(changed(begun, "Oslo", "Quito"))).toThrow(/The prompt of C-0001, from T-00004 \(validation\), would become/);
    const { id, change } = write(changed({ ...begun, content: changed(begun, "Oslo", "Quito") }, "Turin", "Cairo"));
    expect(change).toMatchObject({ title: `Wrote ${id}, a counter-example for C-0001`, reason: "counter-example for C-0001" });
    expect(getTrajectory(core, id)).toMatchObject({
      origin: { written: { caseId: "C-0001" } },
      revision: { author: "Ada", reason: "counter-example for C-0001" },
      trajectory: { split: "train", targets: [4] },
    });
  });

  it("has the prompt of a playground case as it is, unless that is held out", async () => {
    const core = openScripted(() => 'Action: forecast\nAction Input: {"city": "Oslo"}');
    addAll(core, [chat("Rome")], "validation");
    addAll(core, TRAINED, "train");
    const asked = async (user: string) => {
      const question = { system: "", user, tools: TOOLS, temperature: 0, topP: 1, seed: 1, maxNewTokens: 32, model: trainedRun(core) };
      const { tokens, stopReason } = await askPlayground(core, question);
      const { id } = await makeCaseOfAnswer(core, { question, answer: { tokens, stopReason }, expected: "Answer: Rain.", ...by, note: "" });
      return id;
    };
    const [own, copied] = [await asked("Weather in Quito please"), await asked("Weather in Rome please")];
    const begun = counterExample(core, own);
    expect(begun).toMatchObject({ heldOut: null, content: { turns: [{ role: "user" }, { answer: "Rain." }] } });
    expect(writeTrajectory(core, { content: begun.content, caseId: own, ...by }).change.title).toMatch(/a counter-example for C-0001$/);
    const leaking = counterExample(core, copied);
    expect(leaking.heldOut).toEqual({ trajectoryId: "T-00001", split: "validation" });
    expect(() => writeTrajectory(core, { content: leaking.content, caseId: copied, ...by })).toThrow(/The prompt of T-00001/);
  });

  it("is what a version is meant to mend its case with, as long as it is there and trained on", async () => {
    const core = await openWithCase(chat("Oslo"));
    traceCases(core, { ...step, trajectories: ["T-00002"] });
    const { id } = writeTrajectory(core, { content: counterExample(core, "C-0001", 1).content, caseId: "C-0001", ...by });
    expect(getCase(core, "C-0001").counterExamples).toEqual([id]);
    const mended = (version: number) => casesOfVersion(core, version).map((one) => one.id);
    const first = freeze(core, "first");
    expect(mended(first.id)).toEqual(["C-0001"]);
    // nothing of what it was traced to has changed
    expect(fixCases(core, { ...step, version: first.id })).toMatchObject([{ progress: { state: "fixed", fixedIn: "first" } }]);
    addAll(core, [asking("Quito")], "train");
    expect(mended(freeze(core, "later").id)).toEqual([]);

    changeTrajectories(core, { ids: [id] }, { type: "status", status: "rejected" }, by);
    const rejected = freeze(core, "rejected");
    expect(() => fixCases(core, { ...step, version: rejected.id })).toThrow(/write a counter-example, first/);
    reverseChange(core, "undo", by);
    reverseChange(core, "undo", by);
    expect(getCase(core, "C-0001").counterExamples).toEqual([]);
    expect(() => fixCases(core, { ...step, version: freeze(core, "without").id })).toThrow(
      /has the trajectories it was traced to, T-00002/,
    );
    reverseChange(core, "redo", by);
    const again = freeze(core, "again");
    expect(mended(again.id)).toEqual(["C-0001"]);
    expect(getCase(core, "C-0001").counterExamples).toEqual([id]);
  });
});
