/**
 * @file The core's side of trainer processes: one for each run, and one kept for generation with the model it last loaded.
 *
 * How a process is made is injected: `child_process.fork` here, a utility process under Electron.
 */
import { fork } from "node:child_process";
import { type EngineId, type EngineReport, unusableEngine } from "#contracts/engines.ts";
import { AppError } from "#contracts/errors.ts";
import type { FromTrainer, MeasuredMessage, MeasureRequest, TrainRequest } from "#contracts/trainer.ts";
import { type Answerer, type Answers, createAnswerer } from "./trainerAnswers.ts";
import { endedUnasked, errorOf, type TrainerProcess } from "./trainerProcess.ts";
import { trainerEnvironment } from "./trainerEnvironment.ts";

export type { TrainerProcess };

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

/** Requests of `Answers` are answered one after the other by one process, which keeps the last model loaded. */
export interface TrainerHost extends Answers {
  train(request: Omit<TrainRequest, "type">, onMessage: (message: TrainMessage) => void): TrainingSession;
  /** One process for each measurement, so that the memory measured is its own. Throws E_CANCELLED, E_TRAINER_LOST, E_TRAINER_KILLED. */
  measure(
    request: Omit<MeasureRequest, "type">,
    options: { readonly signal: AbortSignal; readonly onPhase: (phase: string) => void },
  ): Promise<MeasuredMessage>;
  /** Tries one engine in a process of its own; never rejects: a process that dies or is silent is what was found. */
  probe(engine: EngineId): Promise<EngineReport>;
  /** What computes, in words, as the last trainer reported it. */
  readonly engineName: string | null;
  /** Stops and saves every run, ends every process. */
  close(): Promise<void>;
}

export function createTrainerHost(spawn: SpawnTrainer): TrainerHost {
  const sessions = new Set<TrainingSession>();
  let answerer: Answerer | null = null;
  let engineName: string | null = null;

  function theAnswerer(): Answerer {
    answerer ??= createAnswerer(spawn(), {
      onReady: (name) => (engineName = name),
      onEnd: () => (answerer = null),
    });
    return answerer;
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

    generate: (options) => theAnswerer().generate(options),
    score: async (options) => (options.questions.length === 0 ? [] : theAnswerer().score(options)),
    index: (options) => theAnswerer().index(options),
    queryFeatures: (options) => theAnswerer().queryFeatures(options),
    rerank: (options) => theAnswerer().rerank(options),
    patch: async (options) => (options.sets.length === 0 ? [] : theAnswerer().patch(options)),

    probe: (engine) => probeWith(spawn(), engine),

    async close() {
      answerer?.close();
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
