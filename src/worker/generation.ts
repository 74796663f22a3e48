/** @file Generation inside the trainer process: the last model used stays loaded, messages get through between tokens. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";
import type { DecodingConstraint, FromTrainer, GenerateRequest, ScoreRequest } from "#contracts/trainer.ts";
import { generate, type Generator } from "#core/model/generate.ts";
import { scoreTokens } from "#core/model/scoreTokens.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { fitOfCallText } from "#core/trajectories/fitOfCallText.ts";
import { loadModelFolder } from "#engine/modelFolder.ts";
import type { ModelEngine } from "#engine/modelEngine.ts";
import { openEngine } from "#engine/openEngine.ts";
import { readTokenizer } from "#services/models.ts";

export interface ModelHolder {
  /** The model of a folder, which stays loaded until another is asked for. */
  engineOf(modelDir: string): Promise<ModelEngine>;
  generate(request: GenerateRequest, signal: AbortSignal): Promise<void>;
  score(request: ScoreRequest, signal: AbortSignal): Promise<void>;
  dispose(): Promise<void>;
}

export function createModelHolder(send: (message: FromTrainer) => void): ModelHolder {
  let loaded: { readonly key: string; readonly engine: ModelEngine } | null = null;

  async function engineOf(modelDir: string): Promise<ModelEngine> {
    const key = `${modelDir} ${await changedAt(modelDir)}`;
    if (loaded?.key === key) return loaded.engine;
    await loaded?.engine.dispose();
    loaded = null;
    send({ type: "phase", phase: "loading the model", done: 0, total: null });
    const engine = await openEngine({ ...(await loadModelFolder(modelDir)), kind: "compiled", dropout: 0 });
    loaded = { key, engine };
    send({ type: "ready", engine: engine.name });
    return engine;
  }

  return {
    engineOf,
    async generate({ requestId, modelDir, prompts, sampling, stopTokenIds, constraint }, signal) {
      const engine = await engineOf(modelDir);
      const mayFollow = constraint === undefined ? undefined : constrained(constraint, await readTokenizer(modelDir), stopTokenIds);
      const start = performance.now();
      await generate(breathing(engine), prompts, sampling, {
        stopTokenIds,
        signal,
        ...(mayFollow === undefined ? {} : { mayFollow }),
        onResult: (result) => send({ type: "generated", requestId, results: [result] }),
      });
      send({ type: "generatedAll", requestId, seconds: (performance.now() - start) / 1000 });
    },
    async score({ requestId, modelDir, questions }, signal) {
      const engine = await engineOf(modelDir);
      await scoreTokens(breathing(engine), questions, { signal, onScore: (score) => send({ type: "scored", requestId, score }) });
    },
    dispose: async () => loaded?.engine.dispose(),
  };
}

/** Which tokens may follow, by the text that they would make. */
function constrained({ tools }: DecodingConstraint, tokenizer: Tokenizer, stopTokenIds: readonly number[]) {
  return (tokenIds: readonly number[], next: number): boolean => {
    const isStop = stopTokenIds.includes(next);
    if (!isStop && tokenizer.isSpecial(next)) return false;
    const text = tokenizer.decode(Int32Array.from(isStop ? tokenIds : [...tokenIds, next]));
    const fit = fitOfCallText(text, tools);
    return isStop ? fit === "whole" : fit !== "impossible";
  };
}

/** The engine computes on this thread and leaves only microtasks between tokens; messages need a turn of the event loop. */
export function breathing(engine: Generator): Generator {
  return {
    config: engine.config,
    openDecoding(numRows, capacity) {
      const decoding = engine.openDecoding(numRows, capacity);
      return {
        numRows: decoding.numRows,
        prefill: async (row, promptIds) => {
          await nextTurn();
          return decoding.prefill(row, promptIds);
        },
        decode: async (tokenIds) => {
          await nextTurn();
          return decoding.decode(tokenIds);
        },
        copyRow: (from, to) => decoding.copyRow(from, to),
      };
    },
  };
}

/** Tells a folder that was written anew from the one that was loaded. */
async function changedAt(modelDir: string): Promise<number> {
  try {
    return (await stat(join(modelDir, "model.safetensors"))).mtimeMs;
  } catch (error) {
    throw AppError.from(error);
  }
}
