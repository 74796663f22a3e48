/**
 * @file Generation: which rows are decoded together, when a prompt is finished, and what it said. How a row is decoded is the engine's.
 */
import { AppError } from "#contracts/errors.ts";
import type { OptConfig } from "#contracts/model.ts";
import type { GeneratedPrompt, SamplingConfig } from "#contracts/trainer.ts";
import { mixSeeds, randomUniform } from "./random.ts";
import { chooseAllowedToken, type Choice, chooseToken } from "./sampling.ts";

/** Several token sequences that grow side by side. Returned logits are valid until the next call. */
export interface Decoding {
  readonly numRows: number;
  /** Starts a row anew with a prompt. @returns logits_V of the token after it */
  prefill(row: number, promptIds: Int32Array): Promise<Float32Array>;
  /** Appends one token to each of the first rows. @returns logits of the tokens after them, V for each row */
  decode(tokenIds: readonly number[]): Promise<Float32Array>;
  /** Makes row `to` what row `from` is. */
  copyRow(from: number, to: number): void;
}

/** What can generate. */
export interface Generator {
  readonly config: OptConfig;
  /** @param capacity longest sequence, in tokens */
  openDecoding(numRows: number, capacity: number): Decoding;
}

export interface GenerateOptions {
  readonly stopTokenIds: readonly number[];
  /** Told as soon as a prompt is finished; prompts finish in any order. */
  readonly onResult?: (result: GeneratedPrompt) => void;
  readonly signal?: AbortSignal;
  /** Whether a token may come after those generated so far; absent: any may. Where none may, the likeliest does. */
  readonly mayFollow?: (tokenIds: readonly number[], next: number) => boolean;
  /** Prompts decoded side by side, at most. */
  readonly maxRows?: number;
}

/** A sequence in progress. */
interface Row {
  readonly promptIndex: number;
  readonly promptLength: number;
  readonly tokenIds: number[];
  readonly logProbs: number[];
  readonly alternatives: Choice["alternatives"][number][];
  readonly uniform: () => number;
}

/** Memory for keys and values, in bytes; long windows of a large model leave room for few rows. */
const CACHE_LIMIT = 2 ** 30;

function affordableRows(config: OptConfig, capacity: number): number {
  const bytesPerRow = 2 * 4 * config.numHiddenLayers * config.hiddenSize * capacity;
  return Math.max(1, Math.floor(CACHE_LIMIT / bytesPerRow));
}

/**
 * Continues every prompt until a stop token, `maxNewTokens`, or the end of the model's window. Rows that finish make room for the next
 * prompt at once. Each prompt draws from its own stream of `sampling.seed`, so its result does not depend on what else is generated.
 *
 * @returns results in the order of the prompts
 * @throws E_CANCELLED when the signal fires; results already told stay valid
 */
export async function generate(
  generator: Generator,
  prompts: readonly Int32Array[],
  sampling: SamplingConfig,
  options: GenerateOptions,
): Promise<GeneratedPrompt[]> {
  const { config } = generator;
  const limit = config.maxPositionEmbeddings;
  prompts.forEach((prompt, i) => {
    if (prompt.length === 0 || prompt.length > limit)
      throw new AppError("E_ENGINE", { detail: `prompt ${i} has ${prompt.length} tokens; the model takes 1 to ${limit}` });
  });
  const longest = prompts.reduce((length, prompt) => Math.max(length, prompt.length), 0);
  const capacity = Math.min(limit, longest + sampling.maxNewTokens);
  const numRows = Math.min(prompts.length, options.maxRows ?? 16, affordableRows(config, capacity));
  const results: GeneratedPrompt[] = [];
  const finish = (row: Row, stopReason: GeneratedPrompt["stopReason"]): void => {
    const result: GeneratedPrompt = {
      promptIndex: row.promptIndex,
      tokenIds: Int32Array.from(row.tokenIds),
      logProbs: Float32Array.from(row.logProbs),
      alternativeIds: Int32Array.from(row.alternatives, ({ tokenId }) => tokenId),
      alternativeLogProbs: Float32Array.from(row.alternatives, ({ logProb }) => logProb),
      stopReason,
    };
    results.push(result);
    options.onResult?.(result);
  };
  const reasonToStop = (row: Row): GeneratedPrompt["stopReason"] | null => {
    if (options.stopTokenIds.includes(row.tokenIds.at(-1) ?? -1)) return "stopToken";
    if (row.tokenIds.length >= sampling.maxNewTokens) return "maxNewTokens";
    return row.promptLength + row.tokenIds.length >= limit ? "contextFull" : null;
  };
  /** Appends a token. @returns whether the row goes on */
  const advance = (row: Row, logits_V: Float32Array): boolean => {
    const { mayFollow } = options;
    const { tokenId, logProb, alternatives } =
      mayFollow === undefined
        ? chooseToken(logits_V, sampling, row.uniform, sampling.numAlternatives)
        : chooseAllowedToken(logits_V, sampling, row.uniform, (id) => mayFollow(row.tokenIds, id));
    row.tokenIds.push(tokenId);
    row.logProbs.push(logProb);
    row.alternatives.push(...alternatives);
    const reason = reasonToStop(row);
    if (reason !== null) finish(row, reason);
    return reason === null;
  };

  if (numRows === 0) return results;
  const decoding = generator.openDecoding(numRows, capacity);
  const V = config.vocabSize;
  const active: Row[] = [];
  let numStarted = 0;
  while (numStarted < prompts.length || active.length > 0) {
    if (options.signal?.aborted === true) throw new AppError("E_CANCELLED", { what: "Generating" });
    if (numStarted < prompts.length && active.length < numRows) {
      const prompt = prompts[numStarted]!;
      const uniform = randomUniform(mixSeeds(sampling.seed, numStarted));
      const row: Row = { promptIndex: numStarted++, promptLength: prompt.length, tokenIds: [], logProbs: [], alternatives: [], uniform };
      const reason = reasonToStop(row);
      if (reason !== null) finish(row, reason);
      else if (advance(row, await decoding.prefill(active.length, prompt))) active.push(row);
      continue;
    }
    const logits = await decoding.decode(active.map((row) => row.tokenIds.at(-1)!));
    const goesOn = active.map((row, i) => advance(row, logits.subarray(i * V, (i + 1) * V)));
    // from the end, so that the row moved into a gap has been looked at already
    for (let i = active.length - 1; i >= 0; i--) {
      if (goesOn[i]) continue;
      const last = active.length - 1;
      if (i !== last) {
        decoding.copyRow(last, i);
        active[i] = active[last]!;
      }
      active.pop();
    }
  }
  return results.sort((a, b) => a.promptIndex - b.promptIndex);
}
