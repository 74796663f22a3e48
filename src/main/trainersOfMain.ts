/** @file Trainer processes as the core sees them under Electron: main forks them and hands over a port to each. */
import type { MessagePortMain } from "electron";
import type { FromCore } from "#contracts/processes.ts";
import type { FromTrainer, ToTrainer } from "#contracts/trainer.ts";
import type { SpawnTrainer, TrainerProcess } from "#services/trainerHost.ts";

interface Trainer {
  port: MessagePortMain | undefined;
  /** What was sent before the port came. */
  readonly waiting: ToTrainer[];
  readonly messageListeners: ((message: FromTrainer) => void)[];
  readonly exitListeners: ((detail: string) => void)[];
}

export class TrainersOfMain {
  readonly #tell: (message: FromCore) => void;
  readonly #trainers = new Map<number, Trainer>();
  #lastId = 0;

  constructor(tell: (message: FromCore) => void) {
    this.#tell = tell;
  }

  readonly spawn: SpawnTrainer = () => {
    const trainerId = ++this.#lastId;
    const trainer: Trainer = { port: undefined, waiting: [], messageListeners: [], exitListeners: [] };
    this.#trainers.set(trainerId, trainer);
    this.#tell({ type: "startTrainer", trainerId });
    return {
      send: (message) => {
        if (trainer.port === undefined) trainer.waiting.push(message);
        else trainer.port.postMessage(message);
      },
      onMessage: (listener) => void trainer.messageListeners.push(listener),
      onExit: (listener) => void trainer.exitListeners.push(listener),
      kill: () => this.#tell({ type: "killTrainer", trainerId }),
    } satisfies TrainerProcess;
  };

  connected(trainerId: number, port: MessagePortMain): void {
    const trainer = this.#trainers.get(trainerId);
    if (trainer === undefined) return port.close();
    trainer.port = port;
    port.on("message", ({ data }) => {
      for (const listener of trainer.messageListeners) listener(data as FromTrainer);
    });
    port.start();
    for (const message of trainer.waiting.splice(0)) port.postMessage(message);
  }

  ended(trainerId: number, exitCode: number): void {
    const trainer = this.#trainers.get(trainerId);
    this.#trainers.delete(trainerId);
    trainer?.port?.close();
    for (const listener of trainer?.exitListeners ?? []) listener(`exit code ${exitCode}`);
  }
}
