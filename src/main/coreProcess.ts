/** @file The core as main sees it: a utility process that is started again when it dies, with trainers forked on its request. */
import { MessageChannelMain, utilityProcess, type MessagePortMain, type UtilityProcess } from "electron";
import type { FromCore, ToCore, TrainerPortMessage } from "#contracts/processes.ts";
import { trainerEnvironment } from "#services/trainerEnvironment.ts";
import { BackOff } from "./backOff.ts";

/** A core that does not stop within this time is ended: its jobs show as interrupted and go on from their checkpoints. */
const STOP_LIMIT_MS = 20_000;

export interface CoreProcessOptions {
  readonly coreFile: string;
  readonly trainerFile: string;
  /** Folder with `resources/` and `datasets/`. */
  readonly root: string;
  /** Takes the output of both kinds of process, for the log. */
  readonly log: (source: string, text: string) => void;
  readonly onMessage: (message: FromCore) => void;
  /** A page's port has died with the core: pages have to connect again. */
  readonly onRestarted: () => void;
}

export interface Workspace {
  readonly workspaceDir: string;
  readonly isSample: boolean;
}

export class CoreProcess {
  readonly #options: CoreProcessOptions;
  readonly #backOff = new BackOff();
  #workspace: Workspace;
  #child: UtilityProcess;
  #startedAt = 0;
  #isStopping = false;
  #trainers = new Map<number, UtilityProcess>();

  constructor(workspace: Workspace, options: CoreProcessOptions) {
    this.#options = options;
    this.#workspace = workspace;
    this.#child = this.#start();
  }

  /** Gives the core one end of a new channel and returns the other. Messages wait in the channel until the core listens. */
  connect(): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain();
    this.#send({ type: "connect" }, [port1]);
    return port2;
  }

  /** Resolves when everything is saved and the process has ended, at the latest after `STOP_LIMIT_MS`. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child.pid === undefined) return;
    await new Promise<void>((ended) => {
      const timer = setTimeout(() => child.kill(), STOP_LIMIT_MS);
      child.once("exit", () => {
        clearTimeout(timer);
        ended();
      });
      this.#send({ type: "stop" });
    });
    for (const trainer of this.#trainers.values()) trainer.kill();
  }

  async open(workspace: Workspace): Promise<void> {
    await this.stop();
    this.#isStopping = false;
    this.#workspace = workspace;
    this.#child = this.#start();
    this.#options.onRestarted();
  }

  #send(message: ToCore, ports: MessagePortMain[] = []): void {
    this.#child.postMessage(message, ports);
  }

  #start(): UtilityProcess {
    const { coreFile, log, onMessage } = this.#options;
    const child = utilityProcess.fork(coreFile, [], { serviceName: "Callsmith core", stdio: "pipe" });
    this.#child = child;
    this.#startedAt = Date.now();
    child.stdout?.on("data", (chunk) => log("core", String(chunk)));
    child.stderr?.on("data", (chunk) => log("core", String(chunk)));
    child.on("message", (message: FromCore) => {
      if (message.type === "startTrainer") this.#startTrainer(child, message.trainerId);
      else if (message.type === "killTrainer") this.#trainers.get(message.trainerId)?.kill();
      else onMessage(message);
    });
    child.once("exit", (code) => this.#ended(child, code));
    this.#send({ type: "open", root: this.#options.root, ...this.#workspace });
    return child;
  }

  #ended(child: UtilityProcess, code: number): void {
    if (child !== this.#child || this.#isStopping) return;
    this.#options.log("core", `ended with code ${code}; starting it again\n`);
    const wait = this.#backOff.next(Date.now() - this.#startedAt);
    setTimeout(() => {
      if (this.#isStopping) return;
      this.#child = this.#start();
      this.#options.onRestarted();
    }, wait);
  }

  /** A trainer outlives neither its core nor main; when its port closes it saves a checkpoint and ends by itself. */
  #startTrainer(core: UtilityProcess, trainerId: number): void {
    const { trainerFile, log } = this.#options;
    const trainer = utilityProcess.fork(trainerFile, [], { serviceName: "Callsmith trainer", stdio: "pipe", env: trainerEnvironment() });
    this.#trainers.set(trainerId, trainer);
    trainer.stdout?.on("data", (chunk) => log("trainer", String(chunk)));
    trainer.stderr?.on("data", (chunk) => log("trainer", String(chunk)));
    const { port1, port2 } = new MessageChannelMain();
    trainer.postMessage({ type: "port" } satisfies TrainerPortMessage, [port1]);
    core.postMessage({ type: "trainerPort", trainerId } satisfies ToCore, [port2]);
    trainer.once("exit", (exitCode) => {
      this.#trainers.delete(trainerId);
      if (core === this.#child) core.postMessage({ type: "trainerEnded", trainerId, exitCode } satisfies ToCore);
    });
  }
}
