import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { AppError } from "#contracts/errors.ts";
import type { News } from "#contracts/jobs.ts";
import { openStore, type Store } from "#store/index.ts";
import { JobRegistry, type JobHandle } from "./jobs.ts";

let store: Store;
let jobs: JobRegistry;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-jobs-"));
  store = openStore(join(folder, "workspace.sqlite"));
  jobs = new JobRegistry(store);
  onTestFinished(async () => {
    await jobs.close(0);
    store.close();
    rmSync(folder, { recursive: true });
  });
});

const spec = { kind: "import", title: "Import rows.json", unit: "rows", canPause: true } as const;
const untilCancelled = (handle: JobHandle): Promise<void> =>
  new Promise((resolve) => handle.signal.addEventListener("abort", () => resolve(), { once: true }));

describe("a job", () => {
  it("runs after start returned, and keeps its result, counts and times", async () => {
    let isRunning = false;
    const { id, ended } = jobs.start(spec, async ({ report }) => {
      isRunning = true;
      report({ phase: "reading", done: 3, total: 4, subject: "7" });
      report({ done: 4 });
      return { rows: 4 };
    });
    expect(isRunning).toBe(false);
    expect(await ended).toMatchObject({ id, state: "done", phase: "reading", done: 4, total: 4, subject: "7", result: { rows: 4 } });
    expect(jobs.list()[0]).toEqual(await ended);
    expect(store.jobs.find(id)?.job).toEqual(await ended);
  });

  it("fails with the code, the sentence and the fix of what was thrown", async () => {
    const { ended } = jobs.start(spec, () => Promise.reject(new AppError("E_FILE_EMPTY", { path: "/a.json" })));
    expect(await ended).toMatchObject({
      state: "failed",
      error: { code: "E_FILE_EMPTY", message: "/a.json is empty.", fix: "Choose a file with at least one row." },
    });
  });

  it("says pausing until its work has paused, and goes on when resumed", async () => {
    const asked: boolean[] = [];
    let handle: JobHandle | undefined;
    const { id, ended } = jobs.start(spec, async (given) => {
      handle = given;
      given.onPause((pause) => asked.push(pause));
      await untilCancelled(given);
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(jobs.pause(id).state).toBe("pausing");
    handle!.paused(true);
    expect(jobs.get(id).state).toBe("paused");
    expect(jobs.resume(id).state).toBe("running");
    expect(asked).toEqual([true, false]);
    expect(jobs.cancel(id).state).toBe("stopping");
    expect((await ended).state).toBe("cancelled");
    expect(jobs.cancel(id).state).toBe("cancelled");
  });

  it("hears of a pause that was asked for before it listened", async () => {
    const asked: boolean[] = [];
    const { id, ended } = jobs.start(spec, (handle) => {
      handle.onPause((pause) => asked.push(pause));
      return Promise.resolve();
    });
    jobs.pause(id);
    await ended;
    expect(asked).toEqual([true]);
  });

  it("is interrupted, not cancelled, when the core closes", async () => {
    const { ended } = jobs.start(spec, untilCancelled);
    await new Promise((resolve) => setImmediate(resolve));
    await jobs.close(1000);
    expect(await ended).toMatchObject({ state: "interrupted", error: null });
  });

  it("is interrupted after a crash, with a hint, and is started again under its id", async () => {
    const { id } = jobs.start({ ...spec, params: { paths: ["a.json"] }, resumeHint: "Go on." }, untilCancelled);
    const after = new JobRegistry(store);
    expect(after.get(id)).toMatchObject({ state: "interrupted", resumeHint: "Go on.", secondsLeft: null });
    after.onRestart("import", (job, params) => void after.start({ ...spec, params, restartOf: job.id }, () => Promise.resolve("again")));
    expect(after.resume(id)).toMatchObject({ id, state: "running", endedAt: null });
    expect(await after.ended(id)).toMatchObject({ id, state: "done", result: "again" });
    expect(store.jobs.find(id)?.params).toEqual({ paths: ["a.json"] });
    expect(after.list()).toHaveLength(1);
    await after.close(0);
  });

  it("that does not exist is named in the error", () => {
    expect(() => jobs.get("J-9999")).toThrow(expect.objectContaining({ code: "E_NOT_FOUND" }));
  });
});

describe("news", () => {
  const next = async (stream: AsyncGenerator<News, void, void>): Promise<News> => (await stream.next()).value as News;

  it("begin with the jobs as they are, then tell only what changed, in its last state", async () => {
    const { ended } = jobs.start(spec, async ({ report }) => {
      for (let done = 1; done <= 1000; done++) report({ done });
    });
    const stream = jobs.news.since(0);
    expect((await next(stream)).jobs.map((job) => job.done)).toEqual([0]);
    await ended;
    const news = await next(stream);
    expect(news.jobs.map((job) => [job.state, job.done])).toEqual([["done", 1000]]);
    jobs.news.rowsChanged("sources", "trajectories");
    expect(await next(stream)).toMatchObject({ jobs: [], changed: ["trajectories", "sources"] });
    await stream.return();
  });

  it("continue from a cursor without repeating what was told", async () => {
    await jobs.start(spec, () => Promise.resolve()).ended;
    const first = jobs.news.since(0);
    const { cursor } = await next(first);
    await first.return();
    jobs.news.rowsChanged("runs");
    const second = jobs.news.since(cursor);
    expect(await next(second)).toMatchObject({ jobs: [], changed: ["runs"] });
    await second.return();
  });

  it("tell everything to a listener whose cursor is from before a restart", async () => {
    await jobs.start(spec, () => Promise.resolve()).ended;
    const { cursor } = await next(jobs.news.since(0));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const after = new JobRegistry(store);
    expect((await next(after.news.since(cursor))).jobs).toHaveLength(1);
    await after.close(0);
  });

  it("end with their signal", async () => {
    const abort = new AbortController();
    const stream = jobs.news.since(0, abort.signal);
    await next(stream);
    const waiting = stream.next();
    abort.abort();
    expect((await waiting).done).toBe(true);
  });
});
