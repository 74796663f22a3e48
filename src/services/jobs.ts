/**
 * @file The registry of jobs: started by a call that returns at once, observed through the news, paused, resumed and cancelled by id.
 *
 * What a job does is a function that gets a handle; progress, rate and time left are computed here once. Every state is saved, so
 * that after a crash a job is `interrupted` and says what can be done.
 */
import { AppError } from "#contracts/errors.ts";
import type { Job, JobKind, JobState } from "#contracts/jobs.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { Store } from "#store/index.ts";
import { JobRate, secondsLeft } from "./jobRate.ts";
import { NewsBoard } from "./news.ts";

export interface JobSpec {
  readonly kind: JobKind;
  readonly title: string;
  /** What progress counts: "rows", "steps". */
  readonly unit: string;
  readonly phase?: string;
  readonly subject?: string;
  readonly canPause?: boolean;
  readonly canCancel?: boolean;
  /** Shown where the job failed or was interrupted: what can be done now. */
  readonly resumeHint?: string;
  /** What `onRestart` needs to start it again. */
  readonly params?: JsonObject;
  /** An ended job that this one continues: its id is used again. */
  readonly restartOf?: string;
}

export type JobReport = Partial<Pick<Job, "phase" | "done" | "total" | "unit" | "title" | "subject">>;

/** What a job's function sees of its job. */
export interface JobHandle {
  readonly id: string;
  /** Aborted by cancel: keep what is done, then return or throw. */
  readonly signal: AbortSignal;
  /** Progress; cheap, call as often as you like. A new `unit` or `phase` with a smaller `done` starts a new rate. */
  report(change: JobReport): void;
  /** Asked to pause (true) or to go on (false). Answer with `paused` when it has happened. */
  onPause(listener: (pause: boolean) => void): void;
  paused(isPaused: boolean): void;
}

export interface StartedJob {
  readonly id: string;
  /** Settles with the job as it ended; never rejects. */
  readonly ended: Promise<Job>;
}

type Restart = (job: Job, params: JsonObject) => void;

interface Running {
  job: Job;
  readonly params: JsonObject;
  readonly abort: AbortController;
  readonly pauseListeners: ((pause: boolean) => void)[];
  readonly rate: JobRate;
  readonly ended: Promise<Job>;
  savedAt: number;
}

/** Progress alone is saved at most this often; a change of state is saved at once. */
const SAVE_EVERY_MS = 1000;
const LISTED_JOBS = 100;
const DEFAULT_HINT = "Start it again; what was finished is kept.";

export class JobRegistry {
  readonly #store: Store;
  readonly #running = new Map<string, Running>();
  readonly #restarts = new Map<JobKind, Restart>();
  readonly news = new NewsBoard();
  #closing = false;

  constructor(store: Store) {
    this.#store = store;
    for (const { job, params } of store.jobs.active()) {
      const endedAt = new Date().toISOString();
      const interrupted = { ...job, state: "interrupted", endedAt, resumeHint: job.resumeHint ?? DEFAULT_HINT } as const;
      store.jobs.save({ ...interrupted, unitsPerSecond: null, secondsLeft: null }, params);
    }
    for (const { job } of [...store.jobs.recent(LISTED_JOBS)].reverse()) this.news.jobChanged(job);
  }

  /** How an interrupted, failed or cancelled job of a kind is started again by `resume`. */
  onRestart(kind: JobKind, restart: Restart): void {
    this.#restarts.set(kind, restart);
  }

  /** Starts `work` on the next turn of the loop. What it returns becomes the job's result; what it throws, its error. */
  start(spec: JobSpec, work: (handle: JobHandle) => Promise<unknown>): StartedJob {
    const abort = new AbortController();
    let end: (job: Job) => void = () => undefined;
    const ended = new Promise<Job>((resolve) => (end = resolve));
    const running: Running = {
      job: newJob(spec, spec.restartOf ?? this.#store.jobs.nextId()),
      params: spec.params ?? {},
      abort,
      pauseListeners: [],
      rate: new JobRate(),
      ended,
      savedAt: 0,
    };
    // A job that cannot be written down is not started.
    this.#store.jobs.save(running.job, running.params);
    this.#running.set(running.job.id, running);
    this.#changed(running, {});
    void this.#run(running, spec, work).then(end);
    return { id: running.job.id, ended };
  }

  async #run(running: Running, spec: JobSpec, work: (handle: JobHandle) => Promise<unknown>): Promise<Job> {
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = () => (this.#closing ? "interrupted" : "cancelled");
    const resumeHint = spec.resumeHint ?? DEFAULT_HINT;
    let end: Partial<Job>;
    try {
      const result = (await work(this.#handleOf(running))) ?? null;
      end = running.abort.signal.aborted ? { state: stopped(), result, resumeHint } : { state: "done", result, resumeHint: null };
    } catch (thrown) {
      const { code, message, fix, class: whose } = AppError.from(thrown);
      const error = { code, message, fix };
      const wasStopped = code === "E_CANCELLED" || running.abort.signal.aborted;
      // a process that died, or a disk that filled, while what was stopped was being saved
      const wasCutOff = code !== "E_CANCELLED" && whose === "expected";
      end = wasStopped ? { state: stopped(), error: wasCutOff ? error : null, resumeHint } : { state: "failed", error, resumeHint };
    }
    this.#running.delete(running.job.id);
    this.#changed(running, { ...end, endedAt: new Date().toISOString(), secondsLeft: null, canPause: false, canCancel: false });
    return running.job;
  }

  #handleOf(running: Running): JobHandle {
    return {
      id: running.job.id,
      signal: running.abort.signal,
      report: (change) => this.#report(running, change),
      onPause: (listener) => {
        running.pauseListeners.push(listener);
        // Asked before anybody listened.
        if (running.job.state === "pausing") listener(true);
      },
      paused: (isPaused) => {
        running.rate.restart();
        if (running.job.state !== "stopping") this.#changed(running, { state: isPaused ? "paused" : "running" });
      },
    };
  }

  #report(running: Running, change: JobReport): void {
    if (change.unit !== undefined && change.unit !== running.job.unit) running.rate.restart();
    const job = { ...running.job, ...change };
    const rate = change.done === undefined ? job.unitsPerSecond : running.rate.report(job.done, performance.now());
    running.job = { ...job, unitsPerSecond: rate, secondsLeft: secondsLeft(job.done, job.total, rate) };
    if (performance.now() - running.savedAt > SAVE_EVERY_MS) this.#changed(running, {});
    else this.news.jobChanged(running.job);
  }

  #changed(running: Running, change: Partial<Job>): void {
    running.job = { ...running.job, ...change };
    running.savedAt = performance.now();
    try {
      this.#store.jobs.save(running.job, running.params);
    } catch {
      // The disk that is full for the work may be too full for its state as well: the news still tell it.
    }
    this.news.jobChanged(running.job);
  }

  /** Newest first. */
  list(): readonly Job[] {
    return this.#store.jobs.recent(LISTED_JOBS).map(({ job }) => this.#running.get(job.id)?.job ?? job);
  }

  get(id: string): Job {
    const job = this.#running.get(id)?.job ?? this.#store.jobs.find(id)?.job;
    if (job === undefined) throw new AppError("E_NOT_FOUND", { what: "job", id });
    return job;
  }

  /** Settles when the job has ended; at once where it has. */
  async ended(id: string): Promise<Job> {
    return (await this.#running.get(id)?.ended) ?? this.get(id);
  }

  pause(id: string): Job {
    return this.#askToPause(id, true, "running", "pausing");
  }

  /** Goes on after a pause, or starts an ended job of its kind again. */
  resume(id: string): Job {
    if (this.#running.has(id)) return this.#askToPause(id, false, "paused", "running");
    const record = this.#store.jobs.find(id);
    const restart = record === null ? undefined : this.#restarts.get(record.job.kind);
    if (record !== null && record.job.state !== "done" && restart !== undefined) restart(record.job, record.params);
    return this.get(id);
  }

  #askToPause(id: string, pause: boolean, from: JobState, to: JobState): Job {
    const running = this.#running.get(id);
    if (running?.job.canPause === true && running.job.state === from) {
      this.#changed(running, { state: to });
      for (const listener of running.pauseListeners) listener(pause);
    }
    return this.get(id);
  }

  /** Asks the job to stop; it keeps what it has done. */
  cancel(id: string): Job {
    const running = this.#running.get(id);
    if (running?.job.canCancel === true && !running.abort.signal.aborted) {
      this.#changed(running, { state: "stopping" });
      running.abort.abort(new AppError("E_CANCELLED", { what: running.job.title }));
    }
    return this.get(id);
  }

  /** Stops everything and waits for it: what stops, or does not stop in time, is `interrupted` and can be resumed. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    for (const { abort, job } of running) abort.abort(new AppError("E_CANCELLED", { what: job.title }));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([Promise.allSettled(running.map((each) => each.ended)), timeout]);
    clearTimeout(timer);
    this.news.close();
  }
}

function newJob(spec: JobSpec, id: string): Job {
  return {
    id,
    kind: spec.kind,
    title: spec.title,
    state: "running",
    phase: spec.phase ?? "starting",
    done: 0,
    total: null,
    unit: spec.unit,
    unitsPerSecond: null,
    secondsLeft: null,
    canPause: spec.canPause ?? false,
    canCancel: spec.canCancel ?? true,
    resumeHint: spec.resumeHint ?? null,
    error: null,
    subject: spec.subject ?? null,
    result: null,
    startedAt: new Date().toISOString(),
    endedAt: null,
  };
}
