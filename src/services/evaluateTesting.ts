/** @file A workspace with held-out data, runs with checkpoints, and in place of the trainer's process one that answers by a script. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import type { FromTrainer, GeneratedPrompt, GenerateRequest, ScoreRequest } from "#contracts/trainer.ts";
import type { AssistantTurn, Split, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { renderTrajectory } from "#core/tokenizer/chatTemplate.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { countWords, trainBpe } from "#core/tokenizer/trainBpe.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openCore, type Core } from "./core.ts";
import { listEvaluations, startEvaluation } from "./evaluateRun.ts";
import type { TrainerProcess } from "./trainerHost.ts";

export const TOOLS: ToolDefinition[] = ["get_weather", "get_time"].map((name) => ({
  name,
  description: `Does ${name}`,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}));
export const call = (name: string, city: string): AssistantTurn => {
  const argumentsText = `{"city": "${city}"}`;
  return { role: "assistant", calls: [{ name, argumentsText, arguments: parseArguments(argumentsText) }] };
};
export const chat = (city: string, more: Partial<TrajectoryContent> = {}): TrajectoryContent => ({
  tools: TOOLS,
  turns: [{ role: "user", content: `Weather in ${city} please` }, call("get_weather", city)],
  metadata: { template_seen: city !== "Rome" },
  ...more,
});
export const TRAINING = [chat("Oslo"), chat("Bergen"), chat("Rome")];
export const HELD_OUT = [
  chat("Oslo"),
  chat("Rome"),
  chat("Bergen", { turns: [...chat("Bergen").turns, { role: "assistant", calls: [], answer: "Rain." }] }),
];

const json = JSON.stringify(trainBpe(countWords([...TRAINING, ...HELD_OUT].map(renderTrajectory)), { vocabSize: 2000 }));
export const tokenizer = loadTokenizer({ name: "words", tokenizerJson: json });
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
    /** Every token asked for is the ninth. */
    const score = async ({ requestId, questions }: ScoreRequest): Promise<void> => {
      for (const questionIndex of questions.keys()) {
        await new Promise(setImmediate);
        tell({ type: "scored", requestId, score: { questionIndex, logProb: Math.log(0.01), rank: 9 } });
      }
    };
    return {
      send: (message) => {
        if (message.type === "generate") void generate(message);
        if (message.type === "score") void score(message);
      },
      onMessage: (listener) => (tell = listener),
      onExit: () => undefined,
      kill: () => void (isAlive = false),
    };
  };
}

/** A core over a new workspace whose model answers as the script says. */
export function openScripted(answer: (prompt: string) => string): Core {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-evaluate-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
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

export function addAll(core: Core, contents: readonly TrajectoryContent[], split: Split): void {
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

/** A run that trained on every training trajectory and has checkpoints at these steps. */
export function trainedRun(core: Core, { maxLength = 200, steps = [7] }: { maxLength?: number; steps?: readonly number[] } = {}): string {
  const runId = core.store.runs.create(runConfigSchema.parse({ maxLength }));
  for (const step of steps) {
    const dir = join(core.paths.runs, runId, `checkpoint-${step}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      join(dir, "config.json"),
      JSON.stringify({ ...CONFIG, word_embed_proj_dim: 8, max_position_embeddings: 256, do_layer_norm_before: true }),
    );
    writeFileSync(join(dir, "tokenizer.json"), json);
  }
  const examples = [...core.store.trajectories.each("train")].map(({ trajectory, contentId }, position) => ({
    position,
    trajectoryId: trajectory.id,
    contentId,
    numSupervisedTokens: 1,
  }));
  core.store.runPoints.setExamples(runId, "train", examples);
  return runId;
}

export async function evaluate(
  core: Core,
  runId: string,
  more: { suite?: string; maxPrompts?: number | null; checkpointStep?: number } = {},
) {
  const job = await startEvaluation(core, { runId, suite: "heldout", maxPrompts: null, ...more }).ended;
  return { job, summary: listEvaluations(core, runId)[0]! };
}
