/** @file The workspace itself, jobs, and the stream of news. */
import { eventIterator, oc, type as output } from "@orpc/contract";
import { z } from "zod";
import type { EngineReport } from "../engines.ts";
import { newsSchema, type Job } from "../jobs.ts";

export interface WorkspaceView {
  readonly name: string;
  readonly path: string;
  readonly isSample: boolean;
  readonly version: string;
  readonly numTrajectories: number;
  readonly numRuns: number;
  readonly numFailures: number;
  /** What computes, in words: "ONNX Runtime CPU, 2 threads". */
  readonly engine: string;
}

/** The compute engines of the machine that the core runs on. The first call tries each, which takes some seconds. */
export const engines = { list: oc.output(output<readonly EngineReport[]>()) };

export const workspace = { get: oc.output(output<WorkspaceView>()) };

const byId = z.object({ id: z.string() });

export const jobs = {
  list: oc.output(output<readonly Job[]>()),
  /** Resumes after `since`: a page that reloads continues where it was. Events are coalesced, at most ten a second. */
  news: oc.input(z.object({ since: z.int().nonnegative().default(0) })).output(eventIterator(newsSchema)),
  pause: oc.input(byId).output(output<Job>()),
  resume: oc.input(byId).output(output<Job>()),
  /** Stops and keeps what was done: a run saves a checkpoint, an import keeps its rows. */
  cancel: oc.input(byId).output(output<Job>()),
};
