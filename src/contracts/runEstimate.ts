/** @file What a run will need, told before it starts. Bytes are those of the trainer process and its files. */

/** One micro-batch as the trainer computed it: the largest that the run may meet. */
export interface StepMeasurement {
  /** In words: "ONNX Runtime CPU, 2 threads". */
  readonly engine: string;
  /** Why it computes the way it does, in words; "" where there was no choice. */
  readonly modeReason: string;
  readonly batchSize: number;
  readonly length: number;
  /** Forward and backward of the micro-batch. */
  readonly microStepSeconds: number;
  /** One AdamW update of every parameter. */
  readonly updateSeconds: number;
  /** Peak resident memory of the process so far. */
  readonly memoryBytes: number;
}

/** Peak memory that a largest micro-batch is expected to take. */
export interface MemoryNeed {
  readonly batchSize: number;
  readonly length: number;
  readonly bytes: number;
}

/** `tight`: it fits the machine, but not what is free now. */
export type Verdict = "fits" | "tight" | "tooLarge";

export interface RunEstimate {
  readonly data: {
    readonly numTrajectories: number;
    /** Of them, those that were tokenised; the other figures are extrapolated where these are fewer. */
    readonly numSampled: number;
    readonly numExamples: number;
    readonly numTokens: number;
    readonly numSupervisedTokens: number;
    readonly numRefused: number;
  };
  /** Null where it would not fit: it was not tried. */
  readonly measurement: StepMeasurement | null;
  readonly memory: {
    /** Measured where there is a measurement, else expected. */
    readonly neededBytes: number;
    readonly machineBytes: number;
    readonly freeBytes: number;
    readonly verdict: Verdict;
  };
  readonly disk: {
    readonly checkpointBytes: number;
    /** Checkpoints that lie there at the same time, at most. */
    readonly numCheckpoints: number;
    readonly neededBytes: number;
    readonly freeBytes: number;
    readonly verdict: Verdict;
  };
  /** Null where nothing was measured. */
  readonly time: {
    readonly numSteps: number;
    readonly stepSeconds: number;
    readonly numEvaluations: number;
    readonly evaluationSeconds: number;
    readonly seconds: number;
  } | null;
  /** What to change where something does not fit, in words, the gentlest first. */
  readonly remedies: readonly string[];
}
