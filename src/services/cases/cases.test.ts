import { describe, expect, it } from "vitest";
import type { CaseDetail, CaseEventKind } from "#contracts/cases.ts";
import type { Core } from "../core.ts";
import { addAll, chat, evaluate, HELD_OUT, openScripted, tokenizer, TOOLS, TRAINING, trainedRun } from "../evaluateTesting.ts";
import { askPlayground } from "../askPlayground.ts";
import { getFailure, listFailures } from "../failures.ts";
import { makeCaseOfAnswer } from "./caseOfAnswer.ts";
import { casesOfVersion, getCase, listCases } from "./caseViews.ts";
import { makeCases } from "./makeCases.ts";
import { addCaseNote, closeCases, fixCases, reopenCases, traceCases } from "./moveCases.ts";

const by = { author: "Ada", note: "" };
const weather = (city: string): string => `Action: get_weather\nAction Input: {"city": "${city}"}`;
const RIGHT = (prompt: string): string => {
  if (prompt.includes("Action")) return "Answer: Rain.";
  return weather(/Weather in (\w+)/.exec(prompt)![1]!);
};
/** Asks for Bergen whatever it is asked, until it has learned better. */
function learning() {
  let answer: (prompt: string) => string = (prompt) => (prompt.includes("Action") ? "Answer: Rain." : weather("Bergen"));
  const core = openScripted((prompt) => answer(prompt));
  return { core, learns: (next: typeof answer): void => void (answer = next) };
}

async function openWithCases() {
  const { core, learns } = learning();
  addAll(core, TRAINING, "train");
  addAll(core, HELD_OUT, "validation");
  const runId = trainedRun(core);
  core.store.dataVersions.freeze({ name: runId, author: "import", note: "", at: "2026-01-01" });
  await evaluate(core, runId);
  const { made } = await makeCases(core, { failures: { runId }, ...by });
  return { core, learns, runId, made };
}
const eventsOf = (core: Core, id: string): CaseEventKind[] => getCase(core, id).events.map(({ kind }) => kind);
const stateOf = (core: Core, id: string) => getCase(core, id).progress.state;

/** Something changes in the data, and it is frozen. */
function freezeLater(core: Core, name: string) {
  addAll(core, [chat("Lima", { metadata: { more: name } })], "train");
  return core.store.dataVersions.freeze({ name, author: "Ada", note: "", at: "2026-02-01" });
}

function reject({ store }: Core, trajectory: number): void {
  store.transaction(() => {
    const change = store.changes.start({ kind: "status", title: "", author: "Ada", reason: "", at: "2026-02-01" });
    store.changes.revise(store.changes.get(change), trajectory, { ...store.changes.state(trajectory), status: "rejected" });
    store.changes.finish(change);
  });
}

describe("a case", () => {
  it("keeps what is needed to ask again and to trace", async () => {
    const { core, runId, made } = await openWithCases();
    expect(made).toEqual(["C-0001", "C-0002"]);
    const one: CaseDetail = getCase(core, made[0]!);
    expect(one).toMatchObject({
      code: "F08",
      secondary: ["F09"],
      tool: "get_weather",
      place: "argumentValue",
      spanText: '"Bergen"',
      title: "Weather in Oslo please",
      runId,
      checkpointStep: 7,
      turnIndex: 1,
      author: "Ada",
      text: weather("Bergen"),
      expected: weather("Oslo"),
      decoder: { temperature: 0, stopReason: "stopToken" },
      progress: { state: "open", lastCheck: null },
      events: [{ kind: "opened", author: "Ada" }],
    });
    expect(one.prompt.map(({ role }) => role)).toEqual(["user"]);
    expect(one.tools).toEqual(TOOLS);
    expect(one.tokens.map(({ text }) => text).join("")).toBe(`${weather("Bergen")}</s>`);
    expect(one.tokens[one.diagnosis.firstWrong!.position]!.id).toBe(one.diagnosis.firstWrong!.token!.id);
    expect(one.diagnosis.firstWrong!.right).toMatchObject({ rank: 9 });
    expect(one.findings[0]).toMatchObject({ code: "F08", pointer: "/city" });
    expect(one.alike.map(({ id }) => id)).toEqual(["C-0002"]);
    const failure = listFailures(core, runId, { offset: 0, limit: 1 }).rows[0]!;
    expect((await getFailure(core, failure.id)).caseId).toBe("C-0001");
  });

  it("is made once of one output, of one failure or of all of a code", async () => {
    const { core, runId, made } = await openWithCases();
    const again = await makeCases(core, { failures: { runId, code: "F08" }, ...by });
    expect(again).toEqual({ made: [], known: made });
    const [first] = listFailures(core, runId, { offset: 0, limit: 1 }).rows;
    expect(await makeCases(core, { failures: { ids: [first!.id] }, ...by })).toEqual({ made: [], known: ["C-0001"] });
    expect(await makeCases(core, { failures: { runId, code: "F01" }, ...by })).toEqual({ made: [], known: [] });
    const news = await core.jobs.news.since(0).next();
    expect(news.value!.changed).toContain("cases");
    await expect(makeCases(core, { failures: { ids: ["F-99999"] }, ...by })).rejects.toMatchObject({ code: "E_NOT_FOUND" });
    // a second evaluation of the same run says the same things
    await evaluate(core, runId);
    expect((await makeCases(core, { failures: { runId }, ...by })).made).toEqual([]);
    expect(eventsOf(core, "C-0001")).toEqual(["opened"]);
  });

  it("is listed with those like it", async () => {
    const { core, runId } = await openWithCases();
    const list = listCases(core, {});
    expect(list).toMatchObject({ total: 2, byState: { open: 2 }, byCode: { F08: 2 } });
    expect(list.groups).toMatchObject([
      { tool: "get_weather", code: "F08", spanText: '"Bergen"', cases: [{ id: "C-0001" }, { id: "C-0002" }] },
    ]);
    closeCases(core, { ids: ["C-0002"], ...by, verdict: "willNotFix" });
    expect(listCases(core, { state: "open" })).toMatchObject({ total: 1, byState: { open: 1, willNotFix: 1 }, byCode: { F08: 1 } });
    expect(listCases(core, { code: "F01" })).toMatchObject({ total: 0, groups: [] });
    expect(listCases(core, { runId: "r-009" })).toMatchObject({ total: 0, byState: {} });
    expect(listCases(core, { runId }).total).toBe(2);
  });
});

describe("the life of a case", () => {
  it("goes on by evidence: traced, fixed in a version, verified by a run, regressed by a later one", async () => {
    const { core, learns } = await openWithCases();
    traceCases(core, { ids: ["C-0001"], ...by, trajectories: ["T-00002"] });
    expect(stateOf(core, "C-0001")).toBe("traced");
    const unmended = freezeLater(core, "v1");
    expect(() => fixCases(core, { ids: ["C-0001"], ...by, version: unmended.id })).toThrow(
      /"v1" has the trajectories it was traced to, T-00002, as r-001 was trained on them/,
    );
    reject(core, 2);
    const version = freezeLater(core, "v2");
    const [fixed] = fixCases(core, { ids: ["C-0001"], ...by, version: version.id });
    expect(fixed!.progress).toMatchObject({ state: "fixed", fixedIn: "v2" });
    expect(casesOfVersion(core, version.id).map(({ id }) => id)).toEqual(["C-0001"]);

    const second = trainedRun(core);
    learns((prompt) => (prompt.includes("Rome") ? weather("Bergen") : RIGHT(prompt)));
    const { job, summary } = await evaluate(core, second);
    expect(summary.cases).toEqual({ verified: ["C-0001"], regressed: [], stillFailing: ["C-0002"], unjudged: [] });
    expect(job).toMatchObject({ state: "done", phase: "done", done: 4, total: 4, unit: "prompts" });
    expect(getCase(core, "C-0001").progress).toMatchObject({ state: "verified", verifiedIn: second, lastCheck: { passed: true } });
    expect(getCase(core, "C-0001").events.at(-1)).toMatchObject({
      kind: "verified",
      author: "evaluation",
      runId: second,
      checkpointStep: 7,
      evaluationId: "E-002",
      output: weather("Oslo"),
    });
    expect(getCase(core, "C-0002").events.at(-1)).toMatchObject({ kind: "stillFailing", output: weather("Bergen"), code: "F08" });
    expect(stateOf(core, "C-0002")).toBe("open");

    const third = trainedRun(core);
    learns(() => weather("Bergen"));
    expect((await evaluate(core, third)).summary.cases).toMatchObject({ verified: [], regressed: ["C-0001"] });
    expect(getCase(core, "C-0001").progress).toMatchObject({ state: "regressed", regressedIn: third, verifiedIn: second });
    // the second run, asked once more, takes nothing back
    learns(RIGHT);
    await evaluate(core, second);
    expect(stateOf(core, "C-0001")).toBe("regressed");
    expect(eventsOf(core, "C-0001")).toEqual(["opened", "traced", "fixed", "verified", "regressed", "verified"]);
    expect(eventsOf(core, "C-0002")).toEqual(["opened", "stillFailing", "stillFailing", "verified"]);
    expect(stateOf(core, "C-0002")).toBe("open");
  });

  it("takes no step without evidence", async () => {
    const { core, runId } = await openWithCases();
    addAll(core, [chat("Lima")], "train");
    const step = (detail: RegExp) =>
      expect.objectContaining({ code: "E_CASE_STEP", message: expect.stringMatching(detail) as string }) as Error;
    const ids = ["C-0001"];
    // T-00007 came after the run
    expect(() => traceCases(core, { ids, ...by, trajectories: ["T-00007"] })).toThrow(step(/trained on none of T-00007/));
    expect(() => traceCases(core, { ids, ...by, trajectories: ["T-09999"] })).toThrow(/no trajectory T-09999/);
    const own = core.store.dataVersions.byName(runId)!;
    expect(() => fixCases(core, { ids, ...by, version: own.id })).toThrow(step(/no later data than r-001/));
    expect(() => fixCases(core, { ids, ...by, version: 99 })).toThrow(/no data version 99/);
    expect(() => reopenCases(core, { ids, ...by })).toThrow(step(/not closed/));
    expect(eventsOf(core, "C-0001")).toEqual(["opened"]);
  });

  it("ends by a verdict, is then left alone, and can be opened again", async () => {
    const { core, learns } = await openWithCases();
    closeCases(core, { ids: ["C-0001", "C-0002"], author: "Ada", note: "The tool is gone.", verdict: "notTraceable" });
    learns(RIGHT);
    await evaluate(core, trainedRun(core));
    expect(eventsOf(core, "C-0001")).toEqual(["opened", "closed"]);
    reopenCases(core, { ids: ["C-0001"], ...by });
    addCaseNote(core, { id: "C-0001", text: "It is back.", author: "Grace" });
    expect(getCase(core, "C-0001")).toMatchObject({ progress: { state: "open" } });
    expect(getCase(core, "C-0001").events.at(-1)).toMatchObject({ kind: "note", text: "It is back.", author: "Grace" });
    await evaluate(core, trainedRun(core));
    expect([stateOf(core, "C-0001"), stateOf(core, "C-0002")]).toEqual(["verified", "notTraceable"]);
  });

  it("outlives a case asked again that is cancelled", async () => {
    const { core, learns } = await openWithCases();
    const second = trainedRun(core);
    let asked = 0;
    learns((prompt) => {
      // four prompts of the evaluation, then the cases
      if (++asked === 6) core.jobs.list().forEach((job) => core.jobs.cancel(job.id));
      return RIGHT(prompt);
    });
    const { job, summary } = await evaluate(core, second);
    expect(job.state).toBe("cancelled");
    expect(summary.finished).toBe(true);
    expect(eventsOf(core, "C-0001")).toEqual(["opened"]);
  });
});

describe("a case of the playground", () => {
  const question = { system: "", user: "Weather in Oslo please", tools: TOOLS, temperature: 0, topP: 1, seed: 1, maxNewTokens: 32 };
  async function asked(core: Core, more: { expected?: string | null; note?: string } = {}) {
    const own = { ...question, model: trainedRun(core) };
    const { tokens, stopReason } = await askPlayground(core, own);
    return makeCaseOfAnswer(core, { question: own, answer: { tokens, stopReason }, expected: null, ...by, ...more });
  }

  it("takes what was expected, and finds where the answer left it", async () => {
    const core = openScripted(() => weather("Bergen"));
    expect(await asked(core, { expected: weather("Oslo") })).toEqual({ id: "C-0001", isNew: true });
    const one = getCase(core, "C-0001");
    expect(one).toMatchObject({
      code: "F08",
      runId: "r-001",
      checkpointStep: 7,
      trajectoryId: null,
      evaluationId: null,
      expected: weather("Oslo"),
    });
    expect(one.text.slice(0, one.diagnosis.firstWrong!.offset)).toMatch(/"city": "$/);
    expect(one.diagnosis.firstWrong!.right!.rank).toBe(9);
    expect(one.tokens[3]!.alternatives).toHaveLength(1);
  });

  it("does without, where the rules object or a note says what is wrong", async () => {
    const core = openScripted(() => 'Action: get_wether\nAction Input: {"city": "Oslo"}');
    await asked(core);
    expect(getCase(core, "C-0001")).toMatchObject({ code: "F02", place: "toolName", spanText: "get_wether", expected: null });
    const fine = openScripted(() => weather("Oslo"));
    await expect(asked(fine)).rejects.toMatchObject({ code: "E_CASE_INVALID" });
    await asked(fine, { note: "The time was meant." });
    expect(getCase(fine, "C-0001")).toMatchObject({ code: null, place: null, events: [{ text: "The time was meant." }] });
    expect(tokenizer.decode(getCase(fine, "C-0001").tokens.map(({ id }) => id))).toBe(`${weather("Oslo")}</s>`);
  });

  it("says what no case can be made of", async () => {
    const core = openScripted(() => weather("Oslo"));
    await expect(asked(core, { expected: weather("Oslo") })).rejects.toMatchObject({
      code: "E_CASE_INVALID",
      message: /is what was expected/,
    });
    await expect(asked(core, { expected: "get_weather Oslo" })).rejects.toMatchObject({ message: /is no turn/ });
    await expect(asked(core, { expected: 'Action: get_weather\nAction Input: {"city"' })).rejects.toMatchObject({
      message: /cannot be read/,
    });
  });

  it("is asked again without a reference as far as that can be judged", async () => {
    let answer = weather("Oslo");
    const core = openScripted((prompt) => (prompt.includes("Rome") ? RIGHT(prompt) : answer));
    await asked(core, { note: "The time was meant." });
    addAll(core, [chat("Rome")], "validation");
    await evaluate(core, trainedRun(core));
    answer = 'Action: get_time\nAction Input: {"city": "Oslo"}';
    await evaluate(core, trainedRun(core));
    answer = "Action: get_time";
    await evaluate(core, trainedRun(core));
    expect(eventsOf(core, "C-0001")).toEqual(["opened", "stillFailing", "unjudged", "stillFailing"]);
    expect(getCase(core, "C-0001").events.at(-1)!.code).toBe("F01");
  });
});
