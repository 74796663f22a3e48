/**
 * @file The job that traces cases: those of one checkpoint together, since they share model, examples and features. What is traced is written case
 * by case, so that a job which is stopped has lost nothing.
 */
import { AppError } from "#contracts/errors.ts";
import type { CaseRecord } from "#store/cases.ts";
import type { CheckpointFolder } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import type { JobHandle, JobSpec, StartedJob } from "../jobs.ts";
import { noiseIn } from "./noise.ts";
import { openSearchSpace, placeOfCase } from "./searchSpace.ts";
import { type TraceContext, traceCase } from "./traceCase.ts";
import { exampleSources } from "./tracedExamples.ts";

export interface TraceRequest {
  readonly caseIds: readonly string[];
  readonly author: string;
}

export interface TraceResult {
  readonly traced: readonly string[];
  /** Cases that could not be traced, with the reason. */
  readonly refused: readonly { readonly caseId: string; readonly reason: string }[];
}

/** @throws E_NOT_FOUND; E_CASE_STEP where it is one case and that cannot be traced */
export function startTracing(core: Core, { caseIds, author }: TraceRequest, restartOf?: string): StartedJob {
  const records = caseIds.map((id) => core.store.cases.get(id));
  if (records.length === 1) placeOfCase(core, records[0]!);
  const spec: JobSpec = {
    kind: "trace",
    title: records.length === 1 ? `Trace ${records[0]!.id}` : `Trace ${records.length} cases`,
    unit: "cases",
    phase: "reading the examples",
    ...(records.length === 1 ? { subject: records[0]!.id } : {}),
    resumeHint: "Trace them again; what was indexed and traced is kept.",
    params: { caseIds: [...caseIds], author },
    ...(restartOf === undefined ? {} : { restartOf }),
  };
  return core.jobs.start(spec, (handle) => traceAll(core, records, { author, handle }));
}

/** Lets an interrupted, failed or cancelled trace be started again by its job's id. */
export function registerTraceRestart(core: Core): void {
  core.jobs.onRestart("trace", (job, { caseIds, author }) => {
    startTracing(core, { caseIds: Array.isArray(caseIds) ? caseIds.map(String) : [], author: String(author) }, job.id);
  });
}

interface Placed {
  readonly runId: string;
  readonly checkpoint: CheckpointFolder;
  readonly records: CaseRecord[];
}

interface Tracing {
  readonly author: string;
  readonly handle: JobHandle;
}

async function traceAll(core: Core, records: readonly CaseRecord[], tracing: Tracing): Promise<TraceResult> {
  const { handle } = tracing;
  const traced: string[] = [];
  const refused: TraceResult["refused"][number][] = [];
  const places = new Map<string, Placed>();
  const refuse = (caseId: string, error: unknown): void => {
    const known = AppError.from(error);
    if (known.class !== "user") throw known;
    refused.push({ caseId, reason: known.message });
  };
  for (const record of records) {
    try {
      const place = placeOfCase(core, record);
      const of = places.get(place.checkpoint.dir) ?? { ...place, records: [] };
      places.set(place.checkpoint.dir, of);
      of.records.push(record);
    } catch (error) {
      refuse(record.id, error);
    }
  }
  handle.report({ done: 0, total: records.length });
  for (const place of places.values()) {
    const space = await openSearchSpace(core, place, handle.signal);
    try {
      const context = { space, sourcesOf: exampleSources(core, place.runId), noiseOf: noiseIn(core, space), author: tracing.author };
      for (const record of place.records) {
        try {
          await traceAndKeep(core, record, context, handle, { done: traced.length + refused.length, total: records.length });
          traced.push(record.id);
        } catch (error) {
          refuse(record.id, error);
        }
      }
    } finally {
      space.close();
    }
  }
  handle.report({ phase: "done", unit: "cases", done: records.length, total: records.length });
  return { traced, refused };
}

async function traceAndKeep(
  core: Core,
  record: CaseRecord,
  context: TraceContext,
  handle: JobHandle,
  { done, total }: { readonly done: number; readonly total: number },
): Promise<void> {
  const { store, jobs } = core;
  const { trace, named } = await traceCase(core, { record, body: store.cases.body(record.id) }, context, {
    signal: handle.signal,
    // indexing takes the longest by far, so it counts its examples
    onPhase: (phase, part, ofParts) => {
      const isLong = phase === "indexing" && ofParts !== undefined;
      handle.report({ phase, ...(isLong ? { unit: "examples", done: part ?? 0, total: ofParts } : { unit: "cases", done, total }) });
    },
  });
  store.transaction(() => {
    store.traces.put(trace, named);
    if (named.length === 0) return;
    const where = { runId: trace.runId, checkpointStep: trace.checkpointStep };
    store.cases.addEvent(record.id, {
      ...{ kind: "traced", at: trace.at, author: trace.author, ...where },
      trajectories: named.map(({ trajectoryId }) => trajectoryId),
    });
  });
  jobs.news.rowsChanged("cases");
}
