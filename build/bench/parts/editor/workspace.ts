/**
 * @file `workspace.ts FOLDER COUNT [DATA]`: makes the editor's workspace in FOLDER, with decisions, queues and labels on part of it, indexed. Prints
 * what is in it as JSON.
 */
import { resolve } from "node:path";
import type { Operation } from "#contracts/changes.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { SPLITS, type TrajectoryContent } from "#contracts/trajectory.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { changeTrajectories } from "#services/changes/changeTrajectories.ts";
import { openCore, type Core } from "#services/core.ts";
import { startImport } from "#services/importDataset.ts";
import { corePlaces } from "#services/places.ts";
import { startIndexing } from "#services/startIndexing.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import { longTrajectory, recipeOf, variationOf } from "./recipe.ts";

export interface MadeWorkspace {
  readonly trajectories: number;
  /** The one of 300 turns. */
  readonly long: string;
  /** A source with half of all trajectories. */
  readonly half: string;
}

/** What is where in a workspace of so many trajectories. */
export const describeWorkspace = (count: number): MadeWorkspace => ({ trajectories: count, long: trajectoryIdOf(count), half: HALF });

const A_TRANSACTION = 500;
const NUM_SOURCES = 8;
/** What a small workspace leaves for each of the others. */
const LEAST_OF_A_SOURCE = 50;
const HALF = "part-0.jsonl";
/** Of ten variations, so many are of each file of the recipe: long and short conversations, many and few tools. */
const OF_TEN = [0, 1, 2, 1, 0, 3, 1, 2, 1, 0];

export async function makeWorkspace(folder: string, count: number, dataDir?: string): Promise<MadeWorkspace> {
  const core = openCore({ workspaceDir: folder, ...corePlaces(resolve(import.meta.dirname, "../../../.."), import.meta.filename) });
  try {
    await importFiles(core, recipeOf(count, dataDir).files);
    write(core, count);
    await index(core);
    await review(core);
    await index(core);
    return describeWorkspace(core.store.trajectories.count());
  } finally {
    await core.close();
  }
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function importFiles(core: Core, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { state, error } = await startImport(core, { paths: [file] }).ended;
    if (state !== "done") throw new Error(`${file} was not imported: ${JSON.stringify(error)}`);
  }
}

/** Variations of what was imported, up to the wanted number; the last one is the long one. */
function write({ store }: Core, count: number): void {
  const recorded = new Map<number, TrajectoryContent[]>();
  for (const { trajectory, contentId } of store.trajectories.each()) {
    const sourceId = store.trajectories.sourceOf(Number(trajectory.id.slice(2)));
    const known = recorded.get(sourceId) ?? [];
    known.push(store.contents.read(contentId).content);
    recorded.set(sourceId, known);
  }
  const groups = [...recorded.values()];
  const long = longTrajectory(groups.flat().find(({ tools }) => tools.length > 1)!.tools);
  const first = store.trajectories.count();
  const least = first + 2 * NUM_SOURCES * LEAST_OF_A_SOURCE;
  if (count < least) throw new Error(`${count} trajectories are too few beside ${first} recorded ones: name at least ${least}`);
  const sources = Array.from({ length: NUM_SOURCES }, (_, i) =>
    store.sources.ensure({ sha256: `bench-${i}`, format: "openai-chat", name: `part-${i}.jsonl`, path: `/part-${i}.jsonl`, numBytes: 1 }),
  );
  const at = new Date().toISOString();
  const numHalf = Math.min(Math.floor(count / 2), count - first - NUM_SOURCES * LEAST_OF_A_SOURCE);
  for (let from = first; from < count; from += A_TRANSACTION) {
    store.transaction(() => {
      for (let i = from; i < Math.min(count, from + A_TRANSACTION); i++) {
        const group = groups[OF_TEN[i % OF_TEN.length]!] ?? groups[0]!;
        const base = group[Math.floor(i / OF_TEN.length) % group.length]!;
        const content = i === count - 1 ? long : variationOf(base, i);
        const contentId = store.contents.write(content, summaryOf(content));
        const split = SPLITS[i % 20 === 0 ? 2 : i % 10 === 5 ? 1 : 0]!;
        const sourceId = sources[i - first < numHalf ? 0 : 1 + (i % (NUM_SOURCES - 1))]!.id;
        store.trajectories.add({ sourceId, split, contentId, author: "import", reason: "generated", at });
      }
    });
    if ((from - first) % 20_000 === 0) note(`written: ${from} of ${count}`);
  }
}

async function index(of: Core): Promise<void> {
  for (let job = startIndexing(of); job !== null; job = startIndexing(of)) {
    note("indexing");
    await job.ended;
  }
}

/** What a few weeks of work leave behind. */
async function review(of: Core): Promise<void> {
  const answer = (option: string): Operation => ({ type: "label", question: "outcome", place: {}, options: [option], adjudicate: false });
  const done: readonly [author: string, TrajectoryFilter, Operation][] = [
    ["ann", { source: "part-1.jsonl" }, { type: "status", status: "accepted" }],
    ["ann", { source: "part-2.jsonl", finding: "any" }, { type: "status", status: "rejected" }],
    ["ben", { source: "part-3.jsonl", finding: "F08" }, { type: "status", status: "flagged" }],
    ["ann", { source: "part-4.jsonl" }, { type: "assign", annotator: "ben" }],
    ["ben", { source: "part-5.jsonl" }, { type: "assign", annotator: "ann" }],
    ["ann", { source: "part-1.jsonl" }, answer("yes")],
    ["ben", { source: "part-1.jsonl", calls: { from: 2 } }, answer("partly")],
  ];
  for (const [author, filter, operation] of done) {
    const { jobId } = changeTrajectories(of, { filter, except: [] }, operation, { author, reason: "" });
    if (jobId !== null) await of.jobs.ended(jobId);
    note(`${author}: ${operation.type}`);
  }
}

if (import.meta.main) {
  const [folder = "", count = "0", dataDir] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await makeWorkspace(folder, Number(count), dataDir)));
}
