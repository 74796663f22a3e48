import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import type { FromTrainer, GeneratedPrompt, GenerateRequest } from "#contracts/trainer.ts";
import type { AssistantTurn, Split, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { renderTrajectory } from "#core/tokenizer/chatTemplate.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { countWords, trainBpe } from "#core/tokenizer/trainBpe.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openTinyWorkspace } from "../../test/fixtures/tinyWorkspace.ts";
import { askPlayground } from "./askPlayground.ts";
import { openCore, type Core } from "./core.ts";
import { listEvaluations, startEvaluation } from "./evaluateRun.ts";
import { getFailure, listFailures } from "./failures.ts";
import type { TrainerProcess } from "./trainerHost.ts";

const TOOLS: ToolDefinition[] = ["get_weather", "get_time"].map((name) => ({
  name,
  description: `Does ${name}`,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}));
const call = (name: string, city: string): AssistantTurn => {
  const argumentsText = `{"city": "${city}"}`;
  return { role: "assistant", calls: [{ name, argumentsText, arguments: parseArguments(argumentsText) }] };
};
const chat = (city: string, more: Partial<TrajectoryContent> = {}): TrajectoryContent => ({
  tools: TOOLS,
  turns: [{ role: "user", content: `Weather in ${city} please` }, call("get_weather", city)],
  metadata: { template_seen: city !== "Rome" },
  ...more,
});
const TRAINING = [chat("Oslo"), chat("Bergen"), chat("Rome")];
const HELD_OUT = [
  chat("Oslo"),
  chat("Rome"),
  chat("Bergen", { turns: [...chat("Bergen").turns, { role: "assistant", calls: [], answer: "Rain." }] }),
];

const json = JSON.stringify(trainBpe(countWords([...TRAINING, ...HELD_OUT].map(renderTrajectory)), { vocabSize: 2000 }));
const tokenizer = loadTokenizer({ name: "words", tokenizerJson: json });
const CONFIG = { model_type: "opt", vocab_size: 2000, hidden_size: 8, ffn_dim: 8, num_hidden_layers: 1, num_attention_heads: 1 };

/** Stands in for the trainer process alone: it answers each prompt with what the script says. */
function scripted(answer: (prompt: string) => string): () => TrainerProcess {
  return () => {
    let tell: (message: FromTrainer) => void = () => undefined;
    let isAlive = true;
    const generate = async ({ requestId, prompts }: GenerateRequest): Promise<void> => {
      for (const [promptIndex, prompt] of prompts.entries()) {
        await new Promise(setImmediate);
        if (!isAlive) return;
        const tokenIds = Int32Array.from([...tokenizer.encode(answer(tokenizer.decode(prompt))), tokenizer.special.eos]);
        const result: GeneratedPrompt = {
          promptIndex,
          tokenIds,
          logProbs: new Float32Array(tokenIds.length).fill(-0.5),
          alternativeIds: Int32Array.from(tokenIds, (id, t) => [id, tokenIds[0]!][t % 2]!),
          alternativeLogProbs: new Float32Array(tokenIds.length).fill(-0.25),
          stopReason: "stopToken",
        };
        tell({ type: "generated", requestId, results: [result] });
      }
      tell({ type: "generatedAll", requestId, seconds: 0.5 });
    };
    return {
      send: (message) => void (message.type === "generate" && generate(message)),
      onMessage: (listener) => (tell = listener),
      onExit: () => undefined,
      kill: () => void (isAlive = false),
    };
  };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "callsmith-evaluate-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function open(answer: (prompt: string) => string): Core {
  const core = openCore({
    workspaceDir: join(folder, "workspace"),
    trainerEntry: "none",
    importerEntry: "none",
    resourcesDir: "resources",
    datasetsDir: "datasets",
    spawn: scripted(answer),
  });
  onTestFinished(() => core.close());
  return core;
}

function addAll(core: Core, contents: readonly TrajectoryContent[], split: Split): void {
  const { store } = core;
  const source = store.sources.ensure({ sha256: split, format: "openai-chat", name: split, path: split, numBytes: 1 });
  store.transaction(() => {
    for (const content of contents) {
      const contentId = store.contents.write(content, summaryOf(content));
      store.trajectories.add({ sourceId: source.id, split, contentId, author: "import", reason: "import", at: "2026-01-01" });
    }
  });
  while (store.search.indexNext(100));
}

/** A run that trained on every training trajectory and has one checkpoint. */
function trainedRun(core: Core, maxLength = 200): string {
  const runId = core.store.runs.create(runConfigSchema.parse({ maxLength }));
  const dir = join(core.paths.runs, runId, "checkpoint-7");
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, "config.json"),
    JSON.stringify({ ...CONFIG, word_embed_proj_dim: 8, max_position_embeddings: 256, do_layer_norm_before: true }),
  );
  writeFileSync(join(dir, "tokenizer.json"), json);
  const examples = [...core.store.trajectories.each("train")].map(({ trajectory, contentId }, position) => ({
    position,
    trajectoryId: trajectory.id,
    contentId,
    numSupervisedTokens: 1,
  }));
  core.store.runPoints.setExamples(runId, "train", examples);
  return runId;
}

async function evaluate(core: Core, runId: string, more: { suite?: string; maxPrompts?: number | null } = {}) {
  const job = await startEvaluation(core, { runId, suite: "heldout", maxPrompts: null, ...more }).ended;
  return { job, summary: listEvaluations(core, runId)[0]! };
}

/** Right for Oslo, another city for Rome, an answer for Bergen, and the reference's answer after its call. */
const answers = (prompt: string): string => {
  const text = (city: string): string => `Action: get_weather\nAction Input: {"city": "${city}"}`;
  if (prompt.includes("Action")) return "Answer: Rain.";
  if (prompt.includes("Weather in Oslo")) return text("Oslo");
  return prompt.includes("Weather in Rome") ? text("Bergen") : "Answer: It rains.";
};

describe("an evaluation", () => {
  it("asks every held-out turn and stores what came of it", async () => {
    const core = open(answers);
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
    const core = open(answers);
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
    const failure = getFailure(core, list.rows[0]!.id);
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

  it("counts prompts that do not fit apart from the rest", async () => {
    const core = open(answers);
    addAll(
      core,
      [...HELD_OUT, chat("Oslo", { turns: [{ role: "user", content: "word ".repeat(500) }, call("get_time", "Oslo")] })],
      "validation",
    );
    const { summary } = await evaluate(core, trainedRun(core));
    expect(summary).toMatchObject({ prompts: 4, numRefused: 1 });
  });

  it("takes the named suite, and a seeded choice where there are too many", async () => {
    const core = open(answers);
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
    core = open((prompt) => {
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
    const core = open(answers);
    const runId = core.store.runs.create(runConfigSchema.parse({}));
    expect(() => startEvaluation(core, { runId, suite: "heldout", maxPrompts: null })).toThrow(/no checkpoint/);
    expect(() => startEvaluation(core, { runId: "R-999", suite: "heldout", maxPrompts: null })).toThrow(/no run R-999/);
  });
});

describe("the playground", () => {
  const question = { system: "", user: "Weather in Oslo please", tools: TOOLS, temperature: 0, topP: 1, seed: 1, maxNewTokens: 32 };

  it("answers with the text, its reading and the checker's words", async () => {
    const seen: string[] = [];
    const core = open((prompt) => {
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
    const core = open(answers);
    const model = trainedRun(core);
    await expect(askPlayground(core, { ...question, model, maxNewTokens: 300 })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
    await expect(askPlayground(core, { ...question, model, user: "word ".repeat(500) })).rejects.toMatchObject({
      code: "E_EXAMPLE_TOO_LONG",
    });
    await expect(askPlayground(core, { ...question, model: "nowhere" })).rejects.toMatchObject({ code: "E_MODEL_INVALID" });
  });
});
