import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runConfigSchema } from "#contracts/run.ts";
import { createAdamWState } from "#core/training/optimizer.ts";
import { loadModelFolder } from "#engine/modelFolder.ts";
import { initialParameters } from "#core/model/parameters.ts";
import { CHECKPOINT_FORMAT, listCheckpoints, newestWholeCheckpoint, verifyCheckpoint } from "#services/checkpoints.ts";
import { tinyConfig } from "#engine/testing.ts";
import { pruneCheckpoints, readMoments, removeUnfinished, writeCheckpoint, type CheckpointContents } from "./checkpointFiles.ts";

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "callsmith-checkpoint-"));
  onTestFinished(() => rmSync(runDir, { recursive: true, force: true }));
});

const config = tinyConfig();
function contents(step: number): CheckpointContents {
  const parameters = initialParameters(config, step);
  const adamW = createAdamWState(parameters.map((p) => ({ ...p, gradient: new Float32Array(p.values.length) })));
  adamW.firstMoments.forEach((m, i) => m.fill(i + step + 0.5));
  adamW.secondMoments.forEach((v, i) => v.fill(i + step + 0.25));
  return {
    model: { config, parameters },
    adamW,
    companions: new Map([["tokenizer.json", new TextEncoder().encode("{}")]]),
    state: {
      epoch: 0.5,
      global_step: step,
      max_steps: 10,
      num_train_epochs: 1,
      train_batch_size: 4,
      logging_steps: 1,
      eval_steps: 5,
      save_steps: 5,
      log_history: [{ step, loss: null }],
      best_metric: null,
      best_model_checkpoint: null,
      is_hyper_param_search: false,
      is_local_process_zero: true,
      is_world_process_zero: true,
      total_flos: 0,
      trial_name: null,
      trial_params: null,
    },
    record: {
      formatVersion: CHECKPOINT_FORMAT,
      config: runConfigSchema.parse({}),
      dataVersion: "d",
      warmupSteps: 1,
      numSteps: 10,
      nextEpoch: 0,
      nextStepInEpoch: step,
      seed: 1,
      numUpdates: step,
      skippedSteps: [],
    },
  };
}

describe("a checkpoint folder", () => {
  it("gives back weights and moments to the bit", async () => {
    const written = contents(3);
    const dir = await writeCheckpoint(runDir, written);
    expect((await loadModelFolder(dir)).parameters).toEqual(written.model.parameters);
    const read = contents(4).adamW;
    await readMoments(dir, written.model.parameters, read);
    expect(read).toEqual(written.adamW);
    expect((await verifyCheckpoint(dir)).stateful_callbacks.callsmith).toMatchObject({ ...written.record, numUpdates: 3 });
  });

  it("is not taken for one while it is being written, and what a crash left is cleared away", async () => {
    await writeCheckpoint(runDir, contents(1));
    mkdirSync(join(runDir, ".unfinished-checkpoint-2"));
    writeFileSync(join(runDir, ".unfinished-checkpoint-2", "model.safetensors"), "half");
    expect(listCheckpoints(runDir).map(({ step }) => step)).toEqual([1]);
    await removeUnfinished(runDir);
    expect(readdirSync(runDir)).toEqual(["checkpoint-1"]);
  });

  it("of the same step is replaced whole", async () => {
    await writeCheckpoint(runDir, contents(1));
    const other = { ...contents(2), state: { ...contents(2).state, global_step: 1 } };
    const dir = await writeCheckpoint(runDir, other);
    expect((await loadModelFolder(dir)).parameters).toEqual(other.model.parameters);
    expect(readdirSync(runDir)).toEqual(["checkpoint-1"]);
  });

  it("leaves no trace where it could not be written, and the ones before as they were", async () => {
    await writeCheckpoint(runDir, contents(1));
    const broken = contents(2);
    const unwritable = { ...broken, companions: new Map([["no/such/folder.json", new Uint8Array(1)]]) };
    await expect(writeCheckpoint(runDir, unwritable)).rejects.toMatchObject({ code: "E_FILE_NOT_FOUND" });
    expect(readdirSync(runDir)).toEqual(["checkpoint-1"]);
    await expect(verifyCheckpoint(join(runDir, "checkpoint-1"))).resolves.toMatchObject({ global_step: 1 });
  });

  it("that finds no space leaves nothing behind, and says what it needs where; the one before is the newest that is whole", async () => {
    await writeCheckpoint(runDir, contents(1));
    const { model, ...rest } = contents(2);
    // as a write to a full disk ends: in the middle of the weights
    const [first, ...others] = model.parameters;
    const full = {
      ...first!,
      get values(): Float32Array {
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28, syscall: "write" });
      },
    };
    const written = writeCheckpoint(runDir, { ...rest, model: { config, parameters: [...others, full] } });
    await expect(written).rejects.toMatchObject({
      code: "E_CHECKPOINT_NO_SPACE",
      params: { step: 2, path: runDir, needed: expect.stringMatching(/ MB$/) as string, free: expect.stringMatching(/ [MG]B$/) as string },
    });
    expect(readdirSync(runDir)).toEqual(["checkpoint-1"]);
    expect((await newestWholeCheckpoint(runDir)).checkpoint?.step).toBe(1);
  });

  it("goes when there are more than are to be kept; the newest never does", async () => {
    for (const step of [1, 2, 10]) await writeCheckpoint(runDir, contents(step));
    await pruneCheckpoints(runDir, null);
    expect(listCheckpoints(runDir).map(({ step }) => step)).toEqual([1, 2, 10]);
    await pruneCheckpoints(runDir, 1);
    expect(listCheckpoints(runDir).map(({ step }) => step)).toEqual([2, 10]);
    expect(existsSync(join(runDir, "checkpoint-1"))).toBe(false);
  });

  it("that is damaged is passed over, and named", async () => {
    for (const step of [1, 2, 3]) await writeCheckpoint(runDir, contents(step));
    rmSync(join(runDir, "checkpoint-3", "trainer_state.json"));
    writeFileSync(join(runDir, "checkpoint-2", "model.safetensors"), "x");
    const { checkpoint, damaged } = await newestWholeCheckpoint(runDir);
    expect(checkpoint?.step).toBe(1);
    expect(damaged.map(({ params }) => params["detail"])).toEqual([
      "trainer_state.json is missing",
      "model.safetensors has 1 bytes instead of " + (await bytesOf()),
    ]);
  });
});

async function bytesOf(): Promise<number> {
  const { files } = (await verifyCheckpoint(join(runDir, "checkpoint-1"))).stateful_callbacks.callsmith;
  return files["model.safetensors"]!.numBytes;
}
