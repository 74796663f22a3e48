import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ENGINE_IDS, ENGINE_NAMES, type EngineId, type EngineReport } from "#contracts/engines.ts";
import type { FromTrainer } from "#contracts/trainer.ts";
import { chooseEngine, createEngines } from "./engines.ts";
import { createTrainerHost, forkTrainer, type TrainerProcess } from "./trainerHost.ts";

const usable = (id: EngineId, gigaflops: number | null): EngineReport => ({
  id,
  name: ENGINE_NAMES[id],
  isUsable: true,
  found: "Works.",
  remedy: null,
  halfPrecision: "none",
  gigaflops,
});
const broken = (id: EngineId): EngineReport => ({ ...usable(id, null), isUsable: false, found: "No adapter.", remedy: "Install one." });

describe("choosing an engine", () => {
  it("takes the one that is asked for, where it is usable or not known to be otherwise", () => {
    expect(chooseEngine("webgpu", [usable("webgpu", 1)])).toEqual({ id: "webgpu", wanted: "webgpu", note: null });
    expect(chooseEngine("cpu", [])).toEqual({ id: "cpu", wanted: "cpu", note: null });
    expect(chooseEngine("eager", [])).toMatchObject({ id: "eager", note: null });
  });

  it("says why another stands in, and what would help", () => {
    const { id, wanted, note } = chooseEngine("cuda", [broken("cuda")]);
    expect([id, wanted]).toEqual(["cpu", "cuda"]);
    expect(note).toMatch(/CUDA.* is not usable: No adapter\. Install one\. ONNX Runtime on the CPU computes instead\./);
    expect(chooseEngine("cpu", [broken("cpu"), broken("tfjs-node")])).toMatchObject({ id: "eager" });
    expect(chooseEngine("cpu", [broken("cpu"), usable("tfjs-node", 50)])).toMatchObject({ id: "tfjs-node" });
  });

  it("chooses a GPU by itself only where it is clearly faster, and says by how much", () => {
    const reports = [usable("cpu", 100), usable("cuda", 5000), usable("webgpu", 3000), broken("tfjs-node-gpu")];
    expect(chooseEngine("auto", reports)).toMatchObject({ id: "cuda", wanted: "auto" });
    expect(chooseEngine("auto", reports).note).toMatch(/5000 GFLOP\/s on cuda, 100 on cpu/);
    const slow = chooseEngine("auto", [usable("cpu", 100), usable("webgpu", 0.4)]);
    expect(slow).toMatchObject({ id: "cpu" });
    expect(slow.note).toMatch(/not clearly faster \(0\.4 GFLOP\/s on webgpu, 100 on cpu\)/);
    expect(chooseEngine("auto", [])).toMatchObject({ id: "cpu", note: expect.stringMatching(/no usable GPU/) as string });
  });
});

describe("the list of engines", () => {
  it("tries each once, one after the other", async () => {
    const asked: EngineId[] = [];
    let numAtOnce = 0;
    const probe = async (id: EngineId): Promise<EngineReport> => {
      asked.push(id);
      numAtOnce += 1;
      await new Promise((done) => setTimeout(done, 1));
      expect(numAtOnce).toBe(1);
      numAtOnce -= 1;
      return usable(id, null);
    };
    const engines = createEngines({ probe });
    await engines.choose("webgpu");
    const [list] = await Promise.all([engines.list(), engines.list()]);
    expect(list.map(({ id }) => id)).toEqual(ENGINE_IDS);
    expect(asked.toSorted()).toEqual(ENGINE_IDS.toSorted());
  });

  it("does not try anything for the CPU where ONNX Runtime has a build", async () => {
    const engines = createEngines({ probe: () => Promise.reject(new Error("asked")) });
    if (process.platform === "linux") await expect(engines.choose("cpu")).resolves.toMatchObject({ id: "cpu" });
  });

  it("finds the CPU engine usable and measures it", async () => {
    const host = createTrainerHost(forkTrainer(resolve("src/worker/trainer.ts")));
    const report = await host.probe("cpu");
    expect(report).toMatchObject({ id: "cpu", isUsable: true, remedy: null });
    expect(report.gigaflops).toBeGreaterThan(0);
    await host.close();
  });

  it("takes a process that ends while it is tried for what it is", async () => {
    const dying = (): TrainerProcess => {
      let tellExit: (detail: string) => void = () => undefined;
      const onMessage = (_: (message: FromTrainer) => void): void => undefined;
      return { send: () => tellExit("signal SIGSEGV"), onMessage, onExit: (listener) => (tellExit = listener), kill: () => undefined };
    };
    const report = await createTrainerHost(dying).probe("webgpu");
    expect(report).toMatchObject({ id: "webgpu", isUsable: false, found: expect.stringMatching(/SIGSEGV/) as string });
  });
});
