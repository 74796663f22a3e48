import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it } from "vitest";
import type { Job, News } from "#contracts/jobs.ts";
import type { Client } from "./client.ts";
import { useWorkbench } from "./workbench.ts";

beforeEach(() => setActivePinia(createPinia()));

const job = (id: string, state: Job["state"]): Job => ({
  id,
  kind: "train",
  title: id,
  state,
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
  startedAt: id,
  endedAt: null,
});

describe("the workbench", () => {
  it("goes on with the news from where it was after the stream broke", async () => {
    const controller = new AbortController();
    const asked: number[] = [];
    async function* stream(since: number): AsyncGenerator<News> {
      asked.push(since);
      yield { cursor: since + 5, jobs: [job("J-1", since === 0 ? "running" : "done")], changed: ["runs"] };
      if (since > 0) controller.abort();
      throw new Error("cut");
    }
    const client = {
      workspace: { get: async () => ({ name: "w" }) },
      jobs: { list: async () => [], news: async ({ since }: { since: number }) => stream(since) },
    } as unknown as Client;
    const workbench = useWorkbench();
    await workbench.follow(client, controller.signal);
    expect(asked).toEqual([0, 5]);
    expect(workbench.versions.runs).toBe(2);
    expect(workbench.jobsById.get("J-1")?.state).toBe("done");
  });

  it("announces a job that ends while it is watched, not one that had ended before", () => {
    const workbench = useWorkbench();
    workbench.takeJobs([job("J-1", "done"), job("J-2", "running")]);
    expect(workbench.justEnded).toBeNull();
    workbench.takeJobs([job("J-2", "failed")]);
    expect(workbench.justEnded?.id).toBe("J-2");
  });

  it("lists jobs newest first and knows which go on", () => {
    const workbench = useWorkbench();
    workbench.takeJobs([job("J-1", "paused"), job("J-2", "done"), job("J-3", "interrupted")]);
    expect(workbench.jobs.map(({ id }) => id)).toEqual(["J-3", "J-2", "J-1"]);
    expect(workbench.running.map(({ id }) => id)).toEqual(["J-1"]);
  });
});
