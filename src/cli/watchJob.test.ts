import { describe, expect, it } from "vitest";
import type { Job, News } from "#contracts/jobs.ts";
import type { Terminal } from "./terminal.ts";
import { progressLine, watchJob } from "./watchJob.ts";
import type { Client } from "./workbench.ts";

const job = (change: Partial<Job>): Job => ({
  id: "J-1",
  kind: "train",
  title: "Run r-001",
  state: "running",
  phase: "",
  done: 0,
  total: null,
  unit: "steps",
  unitsPerSecond: null,
  secondsLeft: null,
  canPause: true,
  canCancel: true,
  resumeHint: null,
  error: null,
  subject: null,
  result: null,
  startedAt: "",
  endedAt: null,
  ...change,
});

const lines: string[] = [];
const terminal: Terminal = {
  print: () => undefined,
  progress: (_phase, text) => void lines.push(text),
  endProgress: () => undefined,
  note: () => undefined,
};

/** A client whose news are the given states of one job; `cancelled` is called by `jobs.cancel`. */
function clientOf(states: AsyncIterable<Job> | readonly Job[], cancelled: (id: string) => void = () => undefined): Client {
  const news = async function* (): AsyncGenerator<News> {
    for await (const state of states) yield { cursor: 1, changed: [], jobs: [job({ id: "J-0", state: "done" }), state] };
  };
  const cancel = ({ id }: { id: string }) => {
    cancelled(id);
    return Promise.resolve(job({}));
  };
  return { jobs: { news: () => Promise.resolve(news()), cancel } } as unknown as Client;
}

describe("progressLine", () => {
  it("says what is known and nothing else", () => {
    expect(progressLine(job({ phase: "training", done: 40, total: 120, unitsPerSecond: 2.14, secondsLeft: 37.4 }))).toBe(
      "Run r-001 - training: 40 of 120 steps (33 %), 2.1 steps/s, 38 s left",
    );
    expect(progressLine(job({ title: "Import a.json", unit: "rows", done: 12_345, unitsPerSecond: 4321 }))).toBe(
      "Import a.json: 12,345 rows, 4,321 rows/s",
    );
    expect(progressLine(job({ unitsPerSecond: 0.0412 }))).toContain("0.041 steps/s");
    expect(progressLine(job({ done: 0, total: 0, secondsLeft: 7200 }))).toContain("(100 %), 2.0 h left");
  });
});

describe("watchJob", () => {
  it("gives the job as it ended, however it ended by itself or by asking", async () => {
    for (const state of ["done", "cancelled"] as const) {
      const ended = await watchJob(clientOf([job({}), job({ state })]), "J-1", { terminal, signal: new AbortController().signal });
      expect(ended.state).toBe(state);
    }
  });

  it("throws the job's own error with its words", async () => {
    const error = { code: "E_DISK_FULL", message: "No space is left on the disk that holds /data.", fix: "" };
    const watching = watchJob(clientOf([job({ state: "failed", error })]), "J-1", { terminal, signal: new AbortController().signal });
    await expect(watching).rejects.toMatchObject({ code: "E_DISK_FULL", message: error.message });
  });

  it("asks the job to stop when interrupted, and waits for its end", async () => {
    const interrupt = new AbortController();
    const asked: string[] = [];
    let isAsked: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => (isAsked = resolve));
    const states = async function* () {
      yield job({});
      interrupt.abort();
      await cancelled;
      yield job({ state: "cancelled" });
    };
    const client = clientOf(states(), (id) => {
      asked.push(id);
      isAsked();
    });
    expect((await watchJob(client, "J-1", { terminal, signal: interrupt.signal })).state).toBe("cancelled");
    expect(asked).toEqual(["J-1"]);
  });

  it("does not take an end of the news for an end of the job", async () => {
    await expect(watchJob(clientOf([job({})]), "J-1", { terminal, signal: new AbortController().signal })).rejects.toMatchObject({
      code: "E_BUG",
    });
  });
});
