import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import { openTinyWorkspace } from "../../test/fixtures/tinyWorkspace.ts";
import { askPlayground } from "./askPlayground.ts";
import type { Core } from "./core.ts";
import { startEvaluation } from "./evaluateRun.ts";
import { addAll, call, chat, evaluate, HELD_OUT, openScripted, tokenizer, TOOLS, TRAINING, trainedRun } from "./evaluateTesting.ts";
import { getFailure, listFailures } from "./failures.ts";

/** Right for Oslo, another city for Rome, an answer for Bergen, and the reference's answer after its call. */
const answers = (prompt: string): string => {
  const text = (city: string): string => `Action: get_weather\nAction Input: {"city": "${city}"}`;
  if (prompt.includes("Action")) return "Answer: Rain.";
  if (prompt.includes("Weather in Oslo")) return text("Oslo");
  return prompt.includes("Weather in Rome") ? text("Bergen") : "Answer: It rains.";
};

describe("an evaluation", () => {
  it("asks every held-out turn and stores what came of it", async () => {
    const core = openScripted(answers);
    addAll(core, TRAINING, "train");
    addAll(core, HELD_OUT, "validation");
    const runId = trainedRun(core);
    const { job, summary } = await evaluate(core, runId);
    expect(job).toMatchObject({ state: "done", kind: "evaluate", done: 4, total: 4, unit: "prompts", result: { evaluation: summary.id } });
    expect(summary).toMatchObject({
      runId,
      checkpointStep: 7,
      finished: true,
      prompts: 4,
      calls: 3,
      numRefused: 0,
      exactCallRate: { numerator: 1, denominator: 3 },
      malformedRate: { numerator: 0, denominator: 4 },
      decisionRate: { numerator: 3, denominator: 4 },
      byCode: { F08: 1, F12: 1 },
      decisions: { call: { call: 2, answer: 1 }, answer: { answer: 1 } },
      outcomes: { called: { numerator: 2, denominator: 3 }, abstained: { numerator: 1 }, malformed: { numerator: 0 } },
      seconds: 0.5,
    });
    expect(summary.slices.map(({ name, exactCallRate }) => [name, exactCallRate.numerator, exactCallRate.denominator])).toEqual([
      ["templates: seen", 1, 2],
      ["templates: unseen", 0, 1],
    ]);
    expect(core.store.evaluations.predictions(summary.id).map(({ position, structural, code }) => [position, structural, code])).toEqual([
      [0, true, null],
      [1, false, "F08"],
      [2, false, "F12"],
      [3, true, null],
    ]);
  });

  it("lists failures with the training examples most like them", async () => {
    const core = openScripted(answers);
    addAll(core, TRAINING, "train");
    addAll(core, HELD_OUT, "validation");
    const runId = trainedRun(core);
    addAll(core, [chat("Rome", { metadata: { imported: "after the run" } })], "train");
    await evaluate(core, runId);
    const list = listFailures(core, runId, { offset: 0, limit: 10 });
    expect(list).toMatchObject({ total: 2, byCode: { F08: 1, F12: 1 } });
    expect(listFailures(core, runId, { code: "F12", offset: 0, limit: 10 }).rows.map((row) => row.title)).toEqual([
      "Weather in Bergen please",
    ]);
    const failure = await getFailure(core, list.rows[0]!.id);
    expect(failure).toMatchObject({
      code: "F08",
      secondary: ["F09"],
      title: "Weather in Rome please",
      predicted: 'Action: get_weather\nAction Input: {"city": "Bergen"}',
      expected: 'Action: get_weather\nAction Input: {"city": "Rome"}',
      prompt: [{ role: "user" }],
      comparison: { structural: false, findings: [{ code: "F08", pointer: "/city" }, { code: "F09" }] },
    });
    expect(failure.output.calls[0]!.name).toBe("get_weather");
    // Bergen is in the wrong call, Rome in the question; what was imported after the run did not teach it
    expect(failure.similar.map(({ trajectoryId }) => trajectoryId).sort()).toEqual(["T-00001", "T-00002", "T-00003"]);
    const [first] = failure.similar;
    expect(["T-00002", "T-00003"]).toContain(first!.trajectoryId);
    expect(first!.matchedTerms).toContain("get_weather");
    expect(first!.call).toMatch(/^get_weather \{"city": "(Bergen|Rome)"\}$/);
    expect(failure.similar.map(({ score }) => score)).toEqual(failure.similar.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  it("keeps what was generated, and of failures what else was likely, where they went wrong and what was right there", async () => {
    const core = openScripted(answers);
    addAll(core, HELD_OUT, "validation");
    const runId = trainedRun(core);
    const { summary } = await evaluate(core, runId);
    const { evaluations } = core.store;
    const right = evaluations.tokens(summary.id, 0)!;
    expect(tokenizer.decode(right.tokenIds)).toBe('Action: get_weather\nAction Input: {"city": "Oslo"}</s>');
    expect(right.logProbs[3]).toBeCloseTo(-0.5, 6);
    expect([right.logProbs.length, right.alternativeIds.length]).toEqual([right.tokenIds.length, 0]);
    const wrong = evaluations.tokens(summary.id, 1)!;
    expect([wrong.alternativeIds.length, wrong.alternativeLogProbs.length]).toEqual([wrong.tokenIds.length, wrong.tokenIds.length]);
    const failure = await getFailure(core, listFailures(core, runId, { offset: 0, limit: 10 }).rows[0]!.id);
    const { firstWrong, span } = failure.diagnosis!;
    expect(failure.predicted.slice(0, firstWrong!.offset)).toBe('Action: get_weather\nAction Input: {"city": "');
    expect(firstWrong!.right).toMatchObject({ probability: expect.closeTo(0.01, 5) as number, rank: 9 });
    expect(failure.predicted.slice(span!.range.start, span!.range.end)).toBe('"Bergen"');
    expect(span).toMatchObject({ place: "argumentValue", pointer: "/city" });
    expect(failure.tokens[firstWrong!.position]!.text).toBe(firstWrong!.token!.text);
    expect(failure.tokens.map(({ text }) => text).join("")).toBe(`${failure.predicted}</s>`);
    expect(failure.caseId).toBeNull();
  });

  it("can be of an earlier checkpoint, which has to be there", async () => {
    const core = openScripted(answers);
    addAll(core, HELD_OUT, "test");
    const runId = trainedRun(core, { steps: [3, 7] });
    expect((await evaluate(core, runId, { checkpointStep: 3 })).summary).toMatchObject({ checkpointStep: 3, finished: true });
    expect((await evaluate(core, runId)).summary).toMatchObject({ checkpointStep: 7 });
    expect(() => startEvaluation(core, { runId, suite: "test", maxPrompts: null, checkpointStep: 5 })).toThrow(/checkpoint .*step 5/);
  });

  it("counts prompts that do not fit apart from the rest", async () => {
    const core = openScripted(answers);
    addAll(
      core,
      [...HELD_OUT, chat("Oslo", { turns: [{ role: "user", content: "word ".repeat(500) }, call("get_time", "Oslo")] })],
      "validation",
    );
    const { summary } = await evaluate(core, trainedRun(core));
    expect(summary).toMatchObject({ prompts: 4, numRefused: 1 });
  });

  it("takes the named suite, and a seeded choice where there are too many", async () => {
    const core = openScripted(answers);
    addAll(core, TRAINING, "train");
    addAll(core, HELD_OUT, "test");
    const runId = trainedRun(core);
    expect((await evaluate(core, runId)).summary).toMatchObject({ suite: "heldout", prompts: 4 });
    expect((await evaluate(core, runId, { suite: "train" })).summary).toMatchObject({ suite: "train", prompts: 3 });
    expect((await evaluate(core, runId, { maxPrompts: 2 })).summary).toMatchObject({ prompts: 2 });
    expect((await evaluate(core, runId, { suite: "validation" })).summary).toMatchObject({ prompts: 0, finished: true });
    expect(() => startEvaluation(core, { runId, suite: "other", maxPrompts: null })).toThrow(/there is no "other"/);
  });

  it("can be cancelled, and then is not finished", async () => {
    let core: Core | null = null;
    core = openScripted((prompt) => {
      core!.jobs.list().forEach((job) => core!.jobs.cancel(job.id));
      return answers(prompt);
    });
    addAll(core, HELD_OUT, "validation");
    const { job, summary } = await evaluate(core, trainedRun(core));
    expect(job.state).toBe("cancelled");
    expect(summary).toMatchObject({ finished: false, prompts: 0, exactCallRate: { low: 0, high: 1 } });
  });

  it("asks a real model in a real trainer process", async () => {
    const { core, modelDir, close } = await openTinyWorkspace({ numTrajectories: 20 });
    onTestFinished(close);
    const runId = core.store.runs.create(runConfigSchema.parse({ maxLength: 320 }));
    cpSync(modelDir, join(core.paths.runs, runId, "checkpoint-1"), { recursive: true });
    const { job, summary } = await evaluate(core, runId);
    expect(job).toMatchObject({ state: "done", error: null });
    // a model that has learned nothing still answers every prompt, and every answer is judged
    expect(summary).toMatchObject({ finished: true, numRefused: 0, exactCallRate: { numerator: 0 } });
    expect(summary.prompts).toBeGreaterThanOrEqual(4);
    expect(summary.calls).toBe(summary.prompts / 2);
    const predictions = core.store.evaluations.predictions(summary.id);
    expect(predictions).toHaveLength(summary.prompts);
    expect(predictions.every(({ measures }) => Number(measures["numTokens"]) > 0 && Number(measures["meanLogProb"]) < 0)).toBe(true);
    expect(listFailures(core, runId, { offset: 0, limit: 100 }).total).toBeGreaterThanOrEqual(summary.calls);
  });

  it("needs a run with a checkpoint", () => {
    const core = openScripted(answers);
    const runId = core.store.runs.create(runConfigSchema.parse({}));
    expect(() => startEvaluation(core, { runId, suite: "heldout", maxPrompts: null })).toThrow(/no checkpoint/);
    expect(() => startEvaluation(core, { runId: "R-999", suite: "heldout", maxPrompts: null })).toThrow(/no run R-999/);
  });
});

describe("the playground", () => {
  const question = { system: "", user: "Weather in Oslo please", tools: TOOLS, temperature: 0, topP: 1, seed: 1, maxNewTokens: 32 };

  it("answers with the text, its reading and the checker's words", async () => {
    const seen: string[] = [];
    const core = openScripted((prompt) => {
      seen.push(prompt);
      return 'Action: get_wether\nAction Input: {"city": "Oslo"}';
    });
    const answer = await askPlayground(core, { ...question, model: trainedRun(core), system: "Be brief." });
    expect(seen[0]).toMatch(
      /^<\/s><\|system\|>Be brief\.<\|tools\|>get_weather\(city: string\)[^]*<\|user\|>Weather in Oslo please<\|assistant\|>$/,
    );
    expect(answer).toMatchObject({
      text: 'Action: get_wether\nAction Input: {"city": "Oslo"}',
      output: { calls: [{ name: "get_wether" }] },
      check: { primary: "F02", findings: [{ fix: 'Did it mean "get_weather"?' }] },
      numPromptTokens: tokenizer.encode(seen[0]!.replaceAll(/<[^>]+>/g, "")).length + 5,
      stopReason: "stopToken",
    });
    expect(answer.tokens.map(({ text }) => text).join("")).toBe(`${answer.text}</s>`);
    const first = answer.tokens[0]!.text;
    expect(answer.tokens.slice(0, 2).map(({ alternatives }) => alternatives.map(({ text }) => text))).toEqual([[first], [first]]);
    expect(answer.tokens[1]!.probability).toBeCloseTo(Math.exp(-0.5), 6);
    expect(answer.tokens[1]!.alternatives[0]!.probability).toBeCloseTo(Math.exp(-0.25), 6);
  });

  it("says what cannot be asked", async () => {
    const core = openScripted(answers);
    const model = trainedRun(core);
    await expect(askPlayground(core, { ...question, model, maxNewTokens: 300 })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
    await expect(askPlayground(core, { ...question, model, user: "word ".repeat(500) })).rejects.toMatchObject({
      code: "E_EXAMPLE_TOO_LONG",
    });
    await expect(askPlayground(core, { ...question, model: "nowhere" })).rejects.toMatchObject({ code: "E_MODEL_INVALID" });
  });
});
