/** @file Which compute engines this machine has, and which of them a run gets. Each is tried in a process of its own, once while the core is open. */
import { existsSync } from "node:fs";
import { ENGINE_IDS, ENGINE_NAMES, type EngineChoice, type EngineId, type EngineReport, type RunEngine } from "#contracts/engines.ts";
import type { TrainerHost } from "./trainerHost.ts";

export type ChosenEngine = Omit<RunEngine, "name">;

export interface Engines {
  /** Every engine, usable or not. The first call tries them, which takes some seconds. */
  list(): Promise<readonly EngineReport[]>;
  /** What computes a run that wants `wanted`. Only what the answer depends on is tried. */
  choose(wanted: EngineChoice): Promise<ChosenEngine>;
}

export function createEngines(trainers: Pick<TrainerHost, "probe">): Engines {
  const reports = new Map<EngineId, Promise<EngineReport>>();
  let last: Promise<unknown> = Promise.resolve();
  // one after the other, so that none is measured while another computes
  const reportOf = (id: EngineId): Promise<EngineReport> => {
    const known = reports.get(id);
    if (known !== undefined) return known;
    const report = last.then(() => trainers.probe(id));
    last = report;
    reports.set(id, report);
    return report;
  };
  const all = (ids: readonly EngineId[]): Promise<EngineReport[]> => Promise.all(ids.map(reportOf));
  return {
    list: () => all(ENGINE_IDS),
    choose: async (wanted) => chooseEngine(wanted, await all(relevantTo(wanted))),
  };
}

/** ONNX Runtime's npm package has builds for these; there, its CPU engine need not be tried first. */
const RUNTIME_BUILDS = ["linux x64", "linux arm64", "win32 x64", "win32 arm64", "darwin arm64"];

const ON_A_GPU: readonly EngineId[] = ["cuda", "webgpu", "tfjs-node-gpu"];
const ON_THE_CPU: readonly EngineId[] = ["cpu", "tfjs-node", "eager"];

function relevantTo(wanted: EngineChoice): readonly EngineId[] {
  const onCpu = RUNTIME_BUILDS.includes(`${process.platform} ${process.arch}`) ? [] : ON_THE_CPU;
  if (wanted === "auto") return mayHaveGpu() ? ["cpu", ...ON_A_GPU, ...onCpu.slice(1)] : onCpu;
  return wanted === "cpu" || onCpu.includes(wanted) ? onCpu : [wanted, ...onCpu];
}

/** Linux shows a graphics device as a file; elsewhere there is nearly always one. */
function mayHaveGpu(): boolean {
  if (process.platform !== "linux") return true;
  return ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"].some((device) => existsSync(device));
}

/**
 * A step is many small kernels besides products, and on CUDA weights and gradients travel in every one, which the product measured in a probe
 * does not weigh fully; below this lead a GPU, say one that shares the CPU's memory, may well be slower over a whole step.
 */
const CLEAR_LEAD = 4;

/**
 * The engine that was asked for where it is usable, else the best on the CPU; for `auto` a GPU that is clearly faster than the CPU.
 *
 * @param reports  of what the choice depends on; what is not among them is taken as usable
 */
export function chooseEngine(wanted: EngineChoice, reports: readonly EngineReport[]): ChosenEngine {
  const byId = new Map(reports.map((report) => [report.id, report]));
  const cpu = ON_THE_CPU.find((id) => byId.get(id)?.isUsable ?? true) ?? "eager";
  if (wanted !== "auto") {
    const report = byId.get(wanted);
    if (report?.isUsable ?? true) return { id: wanted, wanted, note: null };
    const words = [`${report!.name} is not usable: ${report!.found}`, ...(report!.remedy === null ? [] : [report!.remedy])];
    return { id: cpu, wanted, note: `${words.join(" ")} ${ENGINE_NAMES[cpu]} computes instead.` };
  }
  const cpuRate = byId.get(cpu)?.gigaflops ?? 0;
  const gpus = reports.filter(({ id, isUsable, gigaflops }) => ON_A_GPU.includes(id) && isUsable && gigaflops !== null);
  const [fastest] = gpus.toSorted((a, b) => b.gigaflops! - a.gigaflops!);
  if (fastest === undefined) return { id: cpu, wanted, note: `${ENGINE_NAMES[cpu]}: no usable GPU was found.` };
  const rates = `${fastest.gigaflops} GFLOP/s on ${fastest.id}, ${cpuRate} on ${cpu}`;
  if (fastest.gigaflops! >= CLEAR_LEAD * cpuRate)
    return { id: fastest.id, wanted, note: `${fastest.name}: clearly the fastest (${rates}).` };
  return { id: cpu, wanted, note: `${ENGINE_NAMES[cpu]}: the GPU is not clearly faster (${rates}).` };
}
