/** @file Imports rows, plants faults among them, trains on them and traces what shows; prints a `PlantMeasured`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TraceReliability } from "#contracts/tracing.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { CANARY_FAULTS } from "#core/quality/plantFaults.ts";
import { resolveRunConfig } from "#core/training/resolveRunConfig.ts";
import { shuffledIndices } from "#core/trajectories/seededRandom.ts";
import { openCore } from "#services/core.ts";
import { startImport } from "#services/importDataset.ts";
import { corePlaces } from "#services/places.ts";
import { measureCanaries } from "#services/tracing/canaries.ts";
import { silentHandle } from "./silentHandle.ts";

export interface PlantMeasured extends Pick<TraceReliability, "rows" | "notSurfaced" | "randomised"> {
  readonly numTrajectories: number;
  readonly planted: readonly { readonly fault: string; readonly tool: string; readonly numPlanted: number }[];
  readonly notPlanted: readonly string[];
}

const [rows = "2000", epochs = "1", truthPath = "", ...data] = process.argv.slice(2);
const SEED = 1;
const NUM_CLEAN = 24;
const root = resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
const core = openCore({ workspaceDir: join(folder, "rows"), ...corePlaces(root, import.meta.filename) });
try {
  const job = await startImport(core, { paths: data.map((path) => resolve(path)) }).ended;
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
  const all: { readonly id: string; readonly content: TrajectoryContent }[] = [];
  for (const { trajectory } of core.store.trajectories.each()) {
    const { id, split: _split, ...content } = trajectory;
    all.push({ id, content });
  }
  const drawn = [...shuffledIndices(all.length, SEED)].map((place) => all[place]!);
  const trajectories = drawn.slice(0, Number(rows));
  const clean = drawn.slice(Number(rows), Number(rows) + NUM_CLEAN).map(({ content }) => content);
  const scratch = core.openBeside(join(folder, "canaries"));
  try {
    const config = resolveRunConfig({ preset: "sample", overrides: { epochs: Number(epochs), maxEvalExamples: 8, keepCheckpoints: 1 } });
    const handle = silentHandle((line) => process.stderr.write(`${line}\n`));
    const { rows: quality, notSurfaced, randomised, planted } = await measureCanaries(scratch, { handle, config, trajectories, clean });
    if (truthPath !== "") writeFileSync(resolve(truthPath), `${JSON.stringify({ seed: SEED, data, planted }, null, 1)}\n`);
    const measured: PlantMeasured = {
      rows: quality,
      notSurfaced,
      randomised,
      numTrajectories: trajectories.length,
      planted: planted.map(({ fault, tool, planted: ids }) => ({ fault, tool, numPlanted: ids.length })),
      notPlanted: CANARY_FAULTS.filter((fault) => planted.every((one) => one.fault !== fault)),
    };
    process.stdout.write(JSON.stringify(measured));
  } finally {
    await scratch.close();
  }
} finally {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
}
