/**
 * @file The core's side of trainer processes: one for each run, and one kept for generation with the model it last loaded.
 *
 * How a process is made is injected: `child_process.fork` here, a utility process under Electron.
 */
import { fork } from "node:child_process";
import { type EngineId, type EngineReport, unusableEngine } from "#contracts/engines.ts";
import { AppError, type ErrorCode } from "#contracts/errors.ts";
import type {
  FromTrainer,
  GeneratedPrompt,
  GenerateRequest,
  MeasuredMessage,
  MeasureRequest,
  ScoreQuestion,
  ScoreRequest,
  SerializedError,
  TokenScore,
  ToTrainer,
  TrainRequest,
} from "#contracts/trainer.ts";
import { trainerEnvironment } from "./trainerEnvironment.ts";

/** A running trainer process, however it was made. */
export interface TrainerProcess {
  send(message: ToTrainer): void;
  onMessage(listener: (message: FromTrainer) => void): void;
  /** Once; `detail` says how it ended, in words. */
  onExit(listener: (detail: string) => void): void;
  kill(): void;
}

export type SpawnTrainer = () => TrainerProcess;

/** @param entry the built `trainer.js`, or `src/worker/trainer.ts` where Node runs TypeScript */
export function forkTrainer(entry: string): SpawnTrainer {
  return () => {
    const child = fork(entry, [], { serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"], env: trainerEnvironment() });
    let lastWords = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString("utf8")).slice(-2000);
    });
    return {
      send: (message) => {
        // A process that has just died is reported by its exit, not by a failed send.
        if (child.connected) child.send(message, () => undefined);
      },
      onMessage: (listener) => void child.on("message", (message) => listener(message as FromTrainer)),
      onExit: (listener) => {
        child.once("error", (error) => listener(error.message));
        child.once("exit", (code, signal) => {
          const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
          listener(lastWords.trim() === "" ? how : `${how}: ${lastWords.trim().split("\n").slice(-3).join(" ")}`);
        });
      },
      kill: () => void child.kill("SIGKILL"),
    };
  };
}

/** What a trainer says of a run, besides that it failed. */
const TRAIN_MESSAGES = ["ready", "phase", "step", "eval", "checkpoint", "paused", "resumed", "finished"] as const;
export type TrainMessage = Extract<FromTrainer, { type: (typeof TRAIN_MESSAGES)[number] }>;
const isTrainMessage = (message: FromTrainer): message is TrainMessage => TRAIN_MESSAGES.some((type) => type === message.type);

/** A run in progress. */
export interface TrainingSession {
  /** Settles when the run has ended: rejects with the trainer's error, or with E_TRAINER_LOST or E_TRAINER_KILLED if the process died. */
  readonly ended: Promise<{ readonly step: number; readonly reason: "done" | "stopped" }>;
  pause(): void;
  resume(): void;
  /** Saves a checkpoint and ends. */
  stop(): void;
  kill(): void;
}

export interface GenerateOptions {
  readonly modelDir: string;
  readonly prompts: readonly Int32Array[];
  readonly sampling: GenerateRequest["sampling"];
  readonly stopTokenIds: readonly number[];
  /** Called as results come, in any order. */
  readonly onResults?: (results: readonly GeneratedPrompt[]) => void;
  readonly signal?: AbortSignal;
}

export interface ScoreOptions {
  readonly modelDir: string;
  readonly questions: readonly ScoreQuestion[];
  /** Called with each score as it comes. */
  readonly onScore?: (score: TokenScore) => void;
  readonly signal?: AbortSignal;
}

export interface TrainerHost {
  train(request: Omit<TrainRequest, "type">, onMessage: (message: TrainMessage) => void): TrainingSession;
  /** One process for each measurement, so that the memory measured is its own. Throws E_CANCELLED, E_TRAINER_LOST, E_TRAINER_KILLED. */
  measure(
    request: Omit<MeasureRequest, "type">,
    options: { readonly signal: AbortSignal; readonly onPhase: (phase: string) => void },
  ): Promise<MeasuredMessage>;
  /** In the order of the prompts. Requests are answered one after the other by one process, which keeps the last model loaded. */
  generate(options: GenerateOptions): Promise<{ readonly results: readonly GeneratedPrompt[]; readonly seconds: number }>;
  /** In the order of the questions; by the process that generates. */
  score(options: ScoreOptions): Promise<readonly TokenScore[]>;
  /** Tries one engine in a process of its own; never rejects: a process that dies or is silent is what was found. */
  probe(engine: EngineId): Promise<EngineReport>;
  /** What computes, in words, as the last trainer reported it. */
  readonly engineName: string | null;
  /** Stops and saves every run, ends every process. */
  close(): Promise<void>;
}

export function createTrainerHost(spawn: SpawnTrainer): TrainerHost {
  const sessions = new Set<TrainingSession>();
  let generator: Generator | null = null;
  let engineName: string | null = null;

  function theGenerator(): Generator {
    generator ??= createGenerator(spawn(), {
      onReady: (name) => (engineName = name),
      onEnd: () => (generator = null),
    });
    return generator;
  }

  return {
    get engineName() {
      return engineName;
    },

    train(request, onMessage) {
      const trainer = spawn();
      const ended = new Promise<{ step: number; reason: "done" | "stopped" }>((resolve, reject) => {
        trainer.onMessage((message) => {
          if (message.type === "ready") engineName = message.engine;
          if (message.type === "failed") reject(errorOf(message.error));
          else if (isTrainMessage(message)) {
            onMessage(message);
            if (message.type === "finished") resolve({ step: message.step, reason: message.reason });
          }
        });
        trainer.onExit((detail) => reject(endedUnasked(detail)));
      });
      trainer.send({ type: "train", ...request });
      const session: TrainingSession = {
        ended: ended.finally(() => {
          sessions.delete(session);
          trainer.kill();
        }),
        pause: () => trainer.send({ type: "pause" }),
        resume: () => trainer.send({ type: "resume" }),
        stop: () => trainer.send({ type: "stop" }),
        kill: () => trainer.kill(),
      };
      sessions.add(session);
      return session;
    },

    async measure(request, { signal, onPhase }) {
      const trainer = spawn();
      const cancelled = (): AppError => new AppError("E_CANCELLED", { what: "The measurement" });
      try {
        return await new Promise((resolve, reject) => {
          trainer.onMessage((message) => {
            if (message.type === "ready") engineName = message.engine;
            if (message.type === "phase") onPhase(message.phase);
            if (message.type === "measured") resolve(message);
            if (message.type === "failed") reject(errorOf(message.error));
          });
          trainer.onExit((detail) => reject(endedUnasked(detail)));
          signal.addEventListener("abort", () => reject(cancelled()), { once: true });
          if (signal.aborted) reject(cancelled());
          else trainer.send({ type: "measure", ...request });
        });
      } finally {
        trainer.kill();
      }
    },

    generate: (options) => theGenerator().generate(options),

    score: async (options) => (options.questions.length === 0 ? [] : theGenerator().score(options)),

    probe: (engine) => probeWith(spawn(), engine),

    async close() {
      generator?.close();
      const going = [...sessions];
      going.forEach((session) => session.stop());
      await Promise.allSettled(going.map(({ ended }) => ended));
    },
  };
}

/** A driver that has not answered by then never will; software graphics take some seconds. */
const PROBE_TIMEOUT_MS = 60_000;

function probeWith(trainer: TrainerProcess, engine: EngineId): Promise<EngineReport> {
  return new Promise<EngineReport>((resolve) => {
    const unusable = (found: string): void => resolve(unusableEngine(engine, found, "Update its driver."));
    const timer = setTimeout(() => unusable(`It did not answer within ${PROBE_TIMEOUT_MS / 1000} seconds.`), PROBE_TIMEOUT_MS);
    trainer.onMessage((message) => {
      if (message.type === "probed") resolve(message.report);
    });
    trainer.onExit((detail) => {
      clearTimeout(timer);
      unusable(`Trying it ended the process (${detail}).`);
    });
    trainer.send({ type: "probe", engine });
  }).finally(() => trainer.kill());
}

interface Generator {
  generate: TrainerHost["generate"];
  score: TrainerHost["score"];
  close(): void;
}

interface PendingRequest {
  /** Takes an answer that is not the last word; true: that was all. */
  readonly take: (message: FromTrainer) => boolean;
  readonly reject: (error: AppError) => void;
}

interface GeneratorEvents {
  readonly onReady: (engineName: string) => void;
  readonly onEnd: () => void;
}

function createGenerator(trainer: TrainerProcess, { onReady, onEnd }: GeneratorEvents): Generator {
  const pending = new Map<number, PendingRequest>();
  let lastRequestId = 0;

  const end = (error: AppError): void => {
    onEnd();
    for (const request of pending.values()) request.reject(error);
    pending.clear();
  };
  trainer.onExit((detail) => end(endedUnasked(detail)));
  trainer.onMessage((message) => {
    if (message.type === "ready") onReady(message.engine);
    if (!("requestId" in message)) return;
    const request = pending.get(message.requestId ?? -1);
    if (request === undefined) return;
    if (message.type === "failed") {
      pending.delete(message.requestId!);
      request.reject(errorOf(message.error));
    } else if (request.take(message)) pending.delete(message.requestId);
  });

  /** @param request without its id; @param listen gets the way to settle, returns what takes the answers */
  function ask<Answer>(
    request: Omit<GenerateRequest, "requestId"> | Omit<ScoreRequest, "requestId">,
    signal: AbortSignal | undefined,
    listen: (resolve: (answer: Answer) => void) => PendingRequest["take"],
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const cancelled = new AppError("E_CANCELLED", { what: "Generation" });
      if (signal?.aborted) return reject(cancelled);
      const requestId = ++lastRequestId;
      pending.set(requestId, { take: listen(resolve), reject });
      signal?.addEventListener("abort", () => {
        if (!pending.delete(requestId)) return;
        // The process may be in the middle of a long batch: the next request gets a new one.
        if (pending.size === 0) {
          onEnd();
          trainer.kill();
        }
        reject(cancelled);
      });
      trainer.send({ ...request, requestId });
    });
  }

  return {
    generate: ({ modelDir, prompts, sampling, stopTokenIds, onResults, signal }) =>
      ask({ type: "generate", modelDir, prompts, sampling, stopTokenIds }, signal, (resolve) => {
        const results = new Array<GeneratedPrompt | undefined>(prompts.length);
        return (message) => {
          if (message.type === "generated") {
            for (const result of message.results) results[result.promptIndex] = result;
            onResults?.(message.results);
          } else if (message.type === "generatedAll") {
            resolve({ results: results.filter((result) => result !== undefined), seconds: message.seconds });
            return true;
          }
          return false;
        };
      }),
    score: ({ modelDir, questions, onScore, signal }) =>
      ask({ type: "score", modelDir, questions }, signal, (resolve) => {
        const scores: TokenScore[] = [];
        return (message) => {
          if (message.type !== "scored") return false;
          scores.push(message.score);
          onScore?.(message.score);
          if (scores.length < questions.length) return false;
          resolve(scores);
          return true;
        };
      }),
    close: () => {
      end(new AppError("E_CANCELLED", { what: "Generation" }));
      trainer.kill();
    },
  };
}

/** Node names the signal; Electron gives what the system told it, where 9 is the same signal. */
const KILLED = /^(signal SIGKILL|exit code (9|137))\b/;
/** What a graphics driver's last words say when it takes the process along. */
const DEVICE_LOST = /device lost|DEVICE_(LOST|REMOVED)/i;

/** A process that ended although nobody asked it to. */
function endedUnasked(detail: string): AppError {
  if (KILLED.test(detail)) return new AppError("E_TRAINER_KILLED", { detail });
  return new AppError(DEVICE_LOST.test(detail) ? "E_DEVICE_LOST" : "E_TRAINER_LOST", { detail });
}

/** The trainer's error with its code and words; what it could not name stays a bug. */
function errorOf(error: SerializedError): AppError {
  const known = new AppError(error.code as ErrorCode, error.params);
  if (error.stack !== undefined) known.stack = error.stack;
  return known;
}
