import { describe, expect, it } from "vitest";
import type { Job, News } from "#contracts/jobs.ts";
import type { FromCore } from "#contracts/processes.ts";
import type { NewsBoard } from "#services/news.ts";
import { overallFraction, tellOfJobs } from "./jobNews.ts";

const job = (id: string, state: Job["state"], done: number, total: number | null) =>
  ({ id, title: `Job ${id}`, state, done, total }) as Job;

describe("overallFraction", () => {
  it("is the mean over the jobs whose end is known", () => {
    expect(
      overallFraction([
        { done: 1, total: 4 },
        { done: 3, total: 4 },
        { done: 9, total: null },
      ]),
    ).toBe(0.5);
    expect(overallFraction([{ done: 9, total: null }])).toBeNull();
    expect(overallFraction([])).toBeNull();
  });
});

describe("tellOfJobs", () => {
  it("tells what runs, and of each end once; jobs that had ended before are not news", async () => {
    const news: News[] = [
      { cursor: 1, changed: [], jobs: [job("old", "done", 1, 1), job("a", "running", 1, 2)] },
      { cursor: 2, changed: [], jobs: [job("a", "done", 2, 2)] },
    ];
    const told: FromCore[] = [];
    const since = async function* () {
      yield* news;
    };
    await tellOfJobs({ news: { since } as unknown as NewsBoard }, (message) => told.push(message));
    expect(told).toEqual([
      { type: "jobs", running: ["Job a"], fraction: 0.5 },
      { type: "jobEnded", title: "Job a", state: "Done." },
      { type: "jobs", running: [], fraction: null },
    ]);
  });
});
