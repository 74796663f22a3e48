/** @file Calls of a WebAssembly module's functions, spread over threads. The memories are shared ones; nothing is copied. */
import { Worker } from "node:worker_threads";
import { AppError } from "#contracts/errors.ts";

/** One call of a function over one of the memories. */
export interface MemoryCall {
  /** Which memory, by its index. */
  readonly memory: number;
  readonly args: readonly number[];
  /** How much work it is compared with other calls. */
  readonly weight: number;
}

type Functions = Readonly<Record<string, (...args: readonly number[]) => number>>;

/** To a thread and back. */
interface Order {
  readonly name: string;
  readonly calls: readonly MemoryCall[];
}

/** Text, because it then needs no file beside the program, whose place differs between the built program and the sources. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const functions = workerData.memories.map((memory) => new WebAssembly.Instance(workerData.module, { parameters: { memory } }).exports);
parentPort.on("message", ({ name, calls }) => parentPort.postMessage(calls.map(({ memory, args }) => functions[memory][name](...args))));
`;

export class CallThreads {
  private readonly functions: readonly Functions[];
  private readonly module: WebAssembly.Module;
  private readonly memories: readonly WebAssembly.Memory[];
  private readonly numThreads: number;
  private workers: readonly Worker[] | undefined;

  /**
   * @param numThreads  this one included; others start with the first calls
   */
  constructor(module: WebAssembly.Module, memories: readonly WebAssembly.Memory[], numThreads: number) {
    this.module = module;
    this.memories = memories;
    this.numThreads = numThreads;
    this.functions = memories.map((memory) => new WebAssembly.Instance(module, { parameters: { memory } }).exports as Functions);
  }

  /** Results in the order of the calls. Which thread makes a call changes nothing about it. */
  async run(name: string, calls: readonly MemoryCall[]): Promise<number[]> {
    const shares = sharesOf(calls, this.numThreads);
    this.workers ??= Array.from({ length: this.numThreads - 1 }, () => this.startWorker());
    const others = shares.slice(1).map((share, i) => (share.length === 0 ? [] : ask(this.workers![i]!, { name, calls: share })));
    const own = shares[0]!.map(({ memory, args }) => this.functions[memory]![name]!(...args));
    return [own, ...(await Promise.all(others))].flat();
  }

  async dispose(): Promise<void> {
    await Promise.all((this.workers ?? []).map((worker) => worker.terminate()));
    this.workers = undefined;
  }

  private startWorker(): Worker {
    const worker = new Worker(THREAD, { eval: true, workerData: { module: this.module, memories: this.memories } });
    // one that waits must not keep a process alive that has nothing else to do
    worker.unref();
    return worker;
  }
}

/** Cuts the calls, in their order, into one part for each thread, of about the same work. */
function sharesOf(calls: readonly MemoryCall[], numThreads: number): MemoryCall[][] {
  const total = calls.reduce((sum, { weight }) => sum + weight, 0);
  const shares: MemoryCall[][] = Array.from({ length: numThreads }, () => []);
  let before = 0;
  for (const call of calls) {
    // by its middle: a call goes where most of it lies
    const place = Math.floor((numThreads * (before + call.weight / 2)) / total);
    shares[Math.min(place, numThreads - 1)]!.push(call);
    before += call.weight;
  }
  return shares;
}

function ask(worker: Worker, order: Order): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit).unref();
    };
    const onMessage = (results: number[]): void => (settle(), resolve(results));
    const fail = (detail: string, cause?: unknown): void => (settle(), reject(new AppError("E_ENGINE", { detail }, { cause })));
    const onError = (error: unknown): void => fail(`a thread of the optimizer failed: ${String(error)}`, error);
    const onExit = (code: number): void => fail(`a thread of the optimizer ended with exit code ${code}`);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit).ref();
    worker.postMessage(order);
  });
}
