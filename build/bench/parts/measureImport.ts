/** @file One measurement of the import benchmark, in a process of its own: `parse FILE` or `import FILE WORKSPACE`. Prints JSON. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { openCore, type Core } from "#services/core.ts";
import type { ImportResult } from "#services/importDataset.ts";
import { corePlaces } from "#services/places.ts";
import { listTrajectories } from "#services/trajectories.ts";
import { startImport } from "#services/importDataset.ts";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { cpuSeconds } from "./cpuSeconds.ts";

const [task, file = "", workspace = ""] = process.argv.slice(2);
process.stdout.write(JSON.stringify(task === "parse" ? parse(file) : await measureImport(file, workspace)));

/** One row a line: the least that any import has to do. */
function parse(path: string) {
  const startedAt = performance.now();
  const input = openSync(path, "r");
  let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  let rows = 0;
  const chunk = Buffer.allocUnsafe(2 ** 20);
  for (let size = readSync(input, chunk); size > 0; size = readSync(input, chunk)) {
    const bytes = Buffer.concat([rest, chunk.subarray(0, size)]);
    let at = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, at)) {
      const line = bytes.toString("utf8", at, bytes[end - 1] === 44 ? end - 1 : end);
      if (line.startsWith("{") && "id" in (JSON.parse(line) as object)) rows++;
      at = end + 1;
    }
    rest = Buffer.from(bytes.subarray(at));
  }
  closeSync(input);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: cpuSeconds(), rows };
}

async function measureImport(path: string, folder: string) {
  const open = () => openCore({ workspaceDir: folder, ...corePlaces(resolve(import.meta.dirname, "../../.."), import.meta.filename) });
  let core = open();
  const startedAt = performance.now();
  const job = await startImport(core, { paths: [path] }).ended;
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  if (job.state !== "done") throw new Error(JSON.stringify(job.error));
  const { bytesPerSecond, trajectories, rows } = job.result as ImportResult;
  const indexStartedAt = performance.now();
  for (let index = indexJob(core); index !== undefined; index = indexJob(core)) await core.jobs.ended(index.id);
  const indexSeconds = (performance.now() - indexStartedAt) / 1000;
  await core.close();

  const openedAt = performance.now();
  core = open();
  listTrajectories(core, {}, 0, 100);
  const openMs = performance.now() - openedAt;
  const measured = {
    seconds,
    cpuSeconds: cpu,
    rows,
    trajectories,
    bytesPerSecond,
    peakBytes,
    indexSeconds,
    openMs,
    ...filters(core, trajectories),
  };
  const databaseBytes = statSync(join(folder, "workspace.sqlite")).size;
  await core.close();
  return { ...measured, databaseBytes };
}

function indexJob(core: Core) {
  return core.jobs.list().find((job) => job.kind === "index" && job.endedAt === null);
}

/** Milliseconds for page and counts together, as the list asks for them when a filter changes. */
function filters(core: Core, trajectories: number): Record<string, number> {
  const source = core.store.sources.list()[0]!.name;
  const asked: Record<string, [TrajectoryFilter, number]> = {
    "filter split": [{ split: "validation" }, 0],
    "filter source, far down": [{ source }, Math.max(0, trajectories - 100)],
    "filter a word in every row": [{ text: "reference" }, 0],
    "filter a rare word": [{ text: "0042" }, 0],
    "filter a phrase": [{ text: '"contact details"' }, 0],
    "filter a word of the system text": [{ text: "AutoGPT", split: "train" }, 0],
  };
  return Object.fromEntries(
    Object.entries(asked).map(([name, [filter, offset]]) => {
      const startedAt = performance.now();
      listTrajectories(core, filter, offset, 100);
      core.store.lists.facets(filter);
      return [name, performance.now() - startedAt];
    }),
  );
}
