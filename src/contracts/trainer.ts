/**
 * @file What the core and the trainer process say to each other. Plain messages that survive structured clone.
 *
 * The trainer reads one prepared, immutable example file and a model folder; it never opens the database. When its channel to the
 * core closes it saves a checkpoint and ends.
 */
import type { ExactScore, FeatureSpec, QueryFeatures, TraceQuery, WeightedTokens } from "./attribution.ts";
import type { EngineId, EngineReport } from "./engines.ts";
import type { EvalMetrics, RunConfig, StepMetrics } from "./run.ts";
import type { MemoryNeed, StepMeasurement } from "./runEstimate.ts";

export interface TrainRequest {
  readonly type: "train";
  readonly runDir: string;
  readonly config: RunConfig;
  /** Folder in Hugging Face layout to start from; ignored when resuming. */
  readonly modelDir: string;
  /** `checkpoint-<step>` folder to continue from, or null for a fresh start. */
  readonly resumeFrom: string | null;
  /** Where the features that the last epoch leaves belong; absent: none are taken. */
  readonly features?: { readonly dir: string; readonly runId: string };
}

/** Computes one largest micro-batch of a run, and one update, on made-up tokens. */
export interface MeasureRequest {
  readonly type: "measure";
  readonly modelDir: string;
  readonly config: RunConfig;
  /** Tokens of the longest example, padded. */
  readonly length: number;
  /** Supervised tokens of all tokens. */
  readonly supervisedShare: number;
}

export interface MeasuredMessage {
  readonly type: "measured";
  readonly predicted: MemoryNeed;
  /** What smaller batches are expected to take, the largest need first. */
  readonly smaller: readonly MemoryNeed[];
  readonly machineBytes: number;
  /** Free before the model was loaded. */
  readonly freeBytes: number;
  /** Null where the machine is too small: it was not tried. */
  readonly measurement: StepMeasurement | null;
}

export interface SamplingConfig {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly maxNewTokens: number;
  /** K, the likeliest tokens told at each place. Default: 0. */
  readonly numAlternatives?: number;
}

/** Lets a model write calls of these tools alone: their names, their parameters' names, and whole JSON objects. */
export interface DecodingConstraint {
  readonly tools: readonly { readonly name: string; readonly parameters: readonly string[]; readonly required: readonly string[] }[];
}

export interface GenerateRequest {
  readonly type: "generate";
  readonly requestId: number;
  readonly modelDir: string;
  readonly prompts: readonly Int32Array[];
  readonly sampling: SamplingConfig;
  readonly stopTokenIds: readonly number[];
  /** Absent: any token may follow. */
  readonly constraint?: DecodingConstraint;
}

/** Asks how likely one token is to come next. */
export interface ScoreQuestion {
  /** The sequence so far, prompt and all. */
  readonly inputIds: Int32Array;
  readonly tokenId: number;
}

export interface ScoreRequest {
  readonly type: "score";
  readonly requestId: number;
  readonly modelDir: string;
  readonly questions: readonly ScoreQuestion[];
}

export interface TokenScore {
  readonly questionIndex: number;
  /** Natural log-probability under the model itself. */
  readonly logProb: number;
  /** Place among all tokens, the likeliest counting as 1; the lower id first among equals. */
  readonly rank: number;
}

/** A run's examples, and the checkpoint whose view of them is wanted. */
interface AtCheckpoint {
  readonly requestId: number;
  readonly runDir: string;
  /** `checkpoint-<step>` folder of the run. */
  readonly checkpointDir: string;
}

/**
 * Computes the features of a run's examples and writes them to the feature file of the checkpoint. Rows that are there already are kept, so that a
 * request that was cancelled or killed goes on when it is made again.
 */
export interface IndexRequest extends AtCheckpoint {
  readonly type: "index";
  readonly runId: string;
  readonly featuresDir: string;
  /** Into the example file; absent: all that were trained on. */
  readonly indices?: readonly number[];
}

export interface IndexedMessage {
  readonly type: "indexed";
  readonly requestId: number;
  readonly path: string;
  /** Rows that this request added. */
  readonly numAdded: number;
  /** Rows that the file has now. */
  readonly numRows: number;
  readonly seconds: number;
}

/** Asks for the features of a failure. */
export interface QueryFeaturesRequest {
  readonly type: "queryFeatures";
  readonly requestId: number;
  readonly checkpointDir: string;
  /** Of the feature file that is searched with it; absent: the default of the model. */
  readonly spec?: FeatureSpec;
  readonly query: TraceQuery;
}

/** Asks for the exact scores of given examples, answered as they come. */
export interface RerankRequest extends AtCheckpoint {
  readonly type: "rerank";
  readonly spec?: FeatureSpec;
  readonly query: TraceQuery;
  /** Into the example file. */
  readonly indices: readonly number[];
}

/**
 * Tries what a model would do without some of its examples: steps of gradient ascent on their loss, from the checkpoint's weights, each set on its
 * own. The weights are put back after each set and never saved.
 */
export interface PatchRequest extends AtCheckpoint {
  readonly type: "patch";
  /** Into the example file; an empty set measures the checkpoint as it is. */
  readonly sets: readonly (readonly number[])[];
  readonly numSteps: number;
  /** What one step moves each parameter by on average (root mean square): as far as an AdamW update of this learning rate. */
  readonly learningRate: number;
  /**
   * True: every set's step is scaled by the norm of the first set's gradient, so that a part of a set moves the weights by its part. False: all sets
   * move them as far.
   */
  readonly isScaledByFirst: boolean;
  /** Texts whose mean log-probability over their weighted tokens is wanted. */
  readonly texts: readonly WeightedTokens[];
  /** Asked of each patched model, greedily; null: nothing is. */
  readonly question: {
    readonly inputIds: Int32Array;
    readonly sampling: SamplingConfig;
    readonly stopTokenIds: readonly number[];
  } | null;
}

export interface PatchedMessage {
  readonly type: "patched";
  readonly requestId: number;
  readonly setIndex: number;
  /** Mean natural log-probability of each text. */
  readonly logProbs: readonly number[];
  readonly answer: GeneratedPrompt | null;
}

export type TraceRequest = IndexRequest | QueryFeaturesRequest | RerankRequest;

/** Asked of a process of its own: a broken driver may end it. */
export interface ProbeRequest {
  readonly type: "probe";
  readonly engine: EngineId;
}

export type ToTrainer =
  | TrainRequest
  | MeasureRequest
  | GenerateRequest
  | ScoreRequest
  | ProbeRequest
  | TraceRequest
  | PatchRequest
  /** Ends the index, query, rerank or patch request of that id, which then fails with E_CANCELLED. */
  | { readonly type: "cancel"; readonly requestId: number }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "stop" };

/** What was generated, token by token. */
export interface GeneratedTokens {
  /** Without the prompt; with the stop token, if one ended it. */
  readonly tokenIds: Int32Array;
  /** Natural log-probability of each generated token. */
  readonly logProbs: Float32Array;
  /** K likeliest tokens at each place, likeliest first: [tokens, K]. */
  readonly alternativeIds: Int32Array;
  /** Their natural log-probabilities: [tokens, K]. */
  readonly alternativeLogProbs: Float32Array;
}

export interface GeneratedPrompt extends GeneratedTokens {
  readonly promptIndex: number;
  readonly stopReason: "stopToken" | "maxNewTokens" | "contextFull";
}

export interface SerializedError {
  readonly code: string;
  readonly params: Record<string, string | number>;
  readonly stack?: string;
}

export type FromTrainer =
  | { readonly type: "ready"; readonly engine: string }
  | { readonly type: "phase"; readonly phase: string; readonly done: number; readonly total: number | null }
  | { readonly type: "step"; readonly metrics: StepMetrics; readonly numSteps: number }
  | { readonly type: "eval"; readonly metrics: EvalMetrics }
  | { readonly type: "checkpoint"; readonly step: number; readonly dir: string }
  | { readonly type: "paused"; readonly step: number }
  | { readonly type: "resumed"; readonly step: number }
  | { readonly type: "finished"; readonly step: number; readonly reason: "done" | "stopped"; readonly checkpoint: string }
  | MeasuredMessage
  | { readonly type: "generated"; readonly requestId: number; readonly results: readonly GeneratedPrompt[] }
  | { readonly type: "generatedAll"; readonly requestId: number; readonly seconds: number }
  /** The last answer to a `ScoreRequest` is the one with its last question. */
  | { readonly type: "scored"; readonly requestId: number; readonly score: TokenScore }
  | { readonly type: "probed"; readonly report: EngineReport }
  | { readonly type: "indexing"; readonly requestId: number; readonly done: number; readonly total: number }
  | IndexedMessage
  | { readonly type: "queryFeatures"; readonly requestId: number; readonly spec: FeatureSpec; readonly features: QueryFeatures }
  | { readonly type: "reranked"; readonly requestId: number; readonly scores: readonly ExactScore[] }
  | { readonly type: "rerankedAll"; readonly requestId: number; readonly queryNorm: number; readonly seconds: number }
  /** The last answer to a `PatchRequest` is the one with its last set. */
  | PatchedMessage
  | { readonly type: "failed"; readonly requestId: number | null; readonly error: SerializedError };
