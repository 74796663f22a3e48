/**
 * @file Fetching a model from the hub as a job: into a folder beside, file by file, each verified; whole, the folder takes its place.
 *
 * Settings and tokenizer come first, so that a model of another kind is refused before its weights are fetched.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { parseShardIndex } from "#core/model/weightFiles.ts";
import type { Core } from "./core.ts";
import { fetchFile } from "./hub/fetchFile.ts";
import { hubFromEnvironment, hubUrl, type Hub } from "./hub/hub.ts";
import { PauseSwitch } from "./hub/pauseSwitch.ts";
import { type HubFile, type HubModel, type Listing, listFiles, needsShards, planFetch, shardsOf, titleOf } from "./hub/planFetch.ts";
import type { JobHandle, StartedJob } from "./jobs.ts";
import { fetchedDirOf, nameOf, unfinishedDirOf } from "./modelNames.ts";

/** Written last into a fetched model's folder: where it is from, and what was verified. */
export const ORIGIN_FILE = "origin.json";
export interface ModelOrigin {
  readonly endpoint: string;
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** What the job's result holds. */
export interface FetchedModel {
  readonly model: string;
  readonly path: string;
  readonly numBytes: number;
  readonly commit: string;
}

const BYTES_PER_MB = 1e6;
/** Left free besides what is fetched: the database and the log go on writing. */
const SPARE_BYTES = 256 * BYTES_PER_MB;

/** The job that fetches the model; one that is at work already is not started twice. @throws E_HUB_UNREACHABLE for a wrong HF_ENDPOINT */
export function startFetch(
  core: Core,
  model: HubModel,
  hub: Hub = hubFromEnvironment(),
  restartOf?: string,
): Pick<StartedJob, "id" | "ended"> {
  const subject = nameOf(model);
  const going = core.jobs.list().find((job) => job.kind === "fetch" && job.subject === subject && job.endedAt === null);
  if (going !== undefined) return { id: going.id, ended: core.jobs.ended(going.id) };
  const spec = {
    kind: "fetch",
    title: `Fetch ${titleOf(model)}`,
    unit: "MB",
    phase: "listing files",
    subject,
    canPause: true,
    resumeHint: "Resume it: the bytes that are there are kept.",
    params: { name: model.name, revision: model.revision },
    ...(restartOf === undefined ? {} : { restartOf }),
  } as const;
  return core.jobs.start(spec, (handle) => fetchModel(core, model, hub, handle));
}

/** Lets an interrupted, failed or cancelled fetch be resumed by its job's id. */
export function registerFetchRestart(core: Core): void {
  core.jobs.onRestart("fetch", (job, params) => {
    startFetch(core, { name: String(params["name"]), revision: String(params["revision"]) }, hubFromEnvironment(), job.id);
  });
}

async function fetchModel(core: Core, model: HubModel, hub: Hub, handle: JobHandle): Promise<FetchedModel> {
  const name = nameOf(model);
  const unfinished = unfinishedDirOf(core.paths, name);
  const page = hubUrl(hub, model.name).href;
  const pause = new PauseSwitch(handle);
  const listing = await listFiles(hub, model, handle.signal);
  const plan = planFetch(listing, page);
  await mkdir(unfinished, { recursive: true }).catch((cause: unknown) => {
    throw AppError.from(cause);
  });

  const tally = new Tally(handle);
  const fetchAll = async (files: readonly HubFile[]): Promise<void> => {
    for (const file of files) {
      const onBytes = tally.countOf(file);
      const onPhase = (phase: string): void => handle.report({ phase });
      await fetchFile(file, { hub, model: model.name, commit: listing.commit, folder: unfinished, pause, onBytes, onPhase });
    }
  };
  tally.expect([...plan.small, plan.weights]);
  await requireSpace(unfinished, [...plan.small, plan.weights]);
  await fetchAll(plan.small);
  parseOptConfig(await readFile(join(unfinished, "config.json"), "utf8"), page);
  await fetchAll([plan.weights]);
  const shards = needsShards(plan) ? await readShards(listing, join(unfinished, plan.weights.name), page) : [];
  tally.expect(shards);
  await requireSpace(unfinished, shards);
  await fetchAll(shards);

  const files = [...plan.small, plan.weights, ...shards];
  const origin: ModelOrigin = { endpoint: hub.endpoint.origin, ...model, commit: listing.commit, files };
  await writeFile(join(unfinished, ORIGIN_FILE), `${JSON.stringify(origin, null, 2)}\n`);
  // an earlier attempt may have left files of another commit
  const kept = new Set([ORIGIN_FILE, ...files.map((file) => file.name)]);
  for (const other of await readdir(unfinished)) if (!kept.has(other)) await rm(join(unfinished, other), { recursive: true });
  const path = fetchedDirOf(core.paths, name);
  await replaceFolder(unfinished, path);
  core.jobs.news.rowsChanged("models");
  return { model: name, path, numBytes: sumOf(files), commit: listing.commit };
}

const sumOf = (files: readonly HubFile[]): number => files.reduce((sum, { numBytes }) => sum + numBytes, 0);

/** Bytes of all files together, reported as megabytes. */
class Tally {
  readonly #handle: JobHandle;
  readonly #bytesOf = new Map<string, number>();
  #total = 0;

  constructor(handle: JobHandle) {
    this.#handle = handle;
  }

  /** More files are to come. */
  expect(files: readonly HubFile[]): void {
    this.#total += sumOf(files);
  }

  countOf(file: HubFile): (numBytes: number) => void {
    return (numBytes) => {
      this.#bytesOf.set(file.name, numBytes);
      const done = [...this.#bytesOf.values()].reduce((sum, bytes) => sum + bytes, 0);
      this.#handle.report({ done: done / BYTES_PER_MB, total: this.#total / BYTES_PER_MB });
    };
  }
}

/** Checked before the bytes come: what is there already of the files does not count again. */
async function requireSpace(folder: string, files: readonly HubFile[]): Promise<void> {
  const there = await Promise.all(files.flatMap(({ name }) => [name, `${name}.part`]).map((name) => sizeIn(folder, name)));
  const needed = sumOf(files) - there.reduce((sum, size) => sum + size, 0) + SPARE_BYTES;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (needed <= free) return;
  const inMB = (bytes: number): string => `${Math.ceil(bytes / BYTES_PER_MB)} MB`;
  throw new AppError("E_DISK_SPACE", { what: "The model", path: folder, needed: inMB(needed), free: inMB(free) });
}

async function sizeIn(folder: string, name: string): Promise<number> {
  const path = join(folder, name);
  return existsSync(path) ? (await stat(path)).size : 0;
}

async function readShards(listing: Listing, indexFile: string, page: string): Promise<HubFile[]> {
  const shardOf = parseShardIndex(await readFile(indexFile, "utf8"), page);
  return shardsOf(listing, new Set(shardOf.values()), page);
}

/** A model of the same name, fetched earlier, stays until the new one is whole. */
async function replaceFolder(unfinished: string, path: string): Promise<void> {
  const old = `${unfinished}.old`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(old, { recursive: true, force: true });
    if (existsSync(path)) await rename(path, old);
    await rename(unfinished, path);
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    throw AppError.from(cause);
  }
}
