/** @file `measureGeneration.ts WORK`: greedy generation with a key/value cache; prints a `GenerationMeasured`. */
import { readFileSync } from "node:fs";
import { generate } from "#core/model/generate.ts";
import { openEngine } from "#engine/openEngine.ts";
import type { Precision } from "./work.ts";

/** Read by us and by `peer/generate.py`. */
export interface GenerationWork {
  readonly modelDir: string;
  readonly promptIds: readonly number[];
  readonly numNewTokens: number;
  /** The peer's. */
  readonly numThreads: number;
  readonly precision: Precision;
}

export interface GenerationMeasured {
  readonly engine: string;
  readonly tokenIds: readonly number[];
  /** Until the first new token. */
  readonly promptSeconds: number;
  /** From the first new token to the last. */
  readonly decodeSeconds: number;
}

const work = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as GenerationWork;
const engine = await openEngine({ modelDir: work.modelDir, kind: "compiled" });
const promptIds = Int32Array.from(work.promptIds);

async function continued(numNewTokens: number): Promise<{ readonly tokenIds: readonly number[]; readonly seconds: number }> {
  const startedAt = performance.now();
  const sampling = { temperature: 0, topP: 1, seed: 1, maxNewTokens: numNewTokens };
  const [result] = await generate(engine, [promptIds], sampling, { stopTokenIds: [] });
  return { tokenIds: [...result!.tokenIds], seconds: (performance.now() - startedAt) / 1000 };
}

await continued(work.numNewTokens); // compiles
const { seconds: promptSeconds } = await continued(1);
const { tokenIds, seconds } = await continued(work.numNewTokens);
const measured: GenerationMeasured = { engine: engine.name, tokenIds, promptSeconds, decodeSeconds: seconds - promptSeconds };
process.stdout.write(JSON.stringify(measured));
await engine.dispose();
