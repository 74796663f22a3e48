/** @file A change of half of all trajectories, its undo, and what somebody else in another window notices of it meanwhile. */
import { decide } from "./changing.ts";
import { pause, search, showFacets } from "./searching.ts";
import type { MeasuredPage, Shell } from "./shell.ts";
import type { SeenJob } from "./stopwatch.ts";
import { wordAt } from "./recipe.ts";
import type { MadeWorkspace } from "./workspace.ts";

export interface BulkTimes {
  readonly numTrajectories: number;
  readonly seconds: number;
  /** Of every question to the core from the other window, in milliseconds. */
  readonly calls: readonly number[];
  readonly slowest: string;
  /** Of decisions made there. */
  readonly decisions: readonly number[];
}

export interface Bulk {
  readonly change: BulkTimes;
  readonly undo: BulkTimes;
}

export async function measureBulk(shell: Shell, { half }: MadeWorkspace): Promise<Bulk> {
  const { page } = await shell.open(`#/trajectories?source=${half}`);
  const { page: other } = await shell.open("#/trajectories?source=part-1.jsonl", "somebody else");
  await showFacets(other);
  await other.page.locator('[role="grid"] [data-index]').first().click();
  await pause(1000);
  const change = await during(page, other, async () => {
    await page.page.getByRole("button", { name: /^Act on all/ }).click();
    await page.page.getByRole("button", { name: /^Set status/ }).click();
    await page.page.getByRole("dialog").getByRole("combobox").selectOption("flagged");
    await page.page
      .getByRole("dialog")
      .getByRole("button", { name: /^Flag / })
      .click();
  });
  await pause(1500);
  const undo = await during(page, other, () => page.page.keyboard.press("Control+z"));
  for (const each of [page, other]) await each.close();
  return { change, undo };
}

const QUERIES = ["split=train", "status=accepted", "finding=F08", "calls=2-", "split=validation&finding=none", "status=unreviewed"];

/** Starts a change and works on in the other window until it has ended. */
async function during(page: MeasuredPage, other: MeasuredPage, start: () => Promise<void>): Promise<BulkTimes> {
  const before = new Set((await jobsOf(page)).map(({ id }) => id));
  await other.ask((stopwatch) => stopwatch.forgetCalls());
  const started = start();
  const decisions: number[] = [];
  const ended = async (): Promise<SeenJob | undefined> =>
    (await jobsOf(page)).find(({ id, endedAt }) => endedAt !== null && !before.has(id));
  for (let round = 0; (await ended()) === undefined; round++) {
    decisions.push(await decide(other, "a"));
    await pause(120);
    decisions.push(await decide(other, "x"));
    await pause(120);
    await other.follow(`#/trajectories?source=part-1.jsonl&${QUERIES[round % QUERIES.length]}`, { what: "found" });
    if (round % 3 === 0) await search(other, `${wordAt(round % 50)} ${wordAt(500 + round)}`);
    await other.follow("#/trajectories?source=part-1.jsonl", { what: "found" });
    await other.page
      .locator('[role="grid"] [data-index]')
      .nth(1 + (round % 9))
      .click();
    await pause(120);
  }
  await started;
  const job = (await ended())!;
  const calls = (await other.ask((stopwatch) => stopwatch.calls().map(({ path, startedAt, endedAt }) => ({ path, startedAt, endedAt }))))
    .filter(({ path, endedAt }) => endedAt !== null && path !== "/jobs/news")
    .map(({ path, startedAt, endedAt }) => ({ path, ms: endedAt! - startedAt }));
  const slowest = calls.reduce((worst, call) => (call.ms > worst.ms ? call : worst));
  return {
    numTrajectories: job.done,
    seconds: (Date.parse(job.endedAt!) - Date.parse(job.startedAt)) / 1000,
    calls: calls.map(({ ms }) => ms),
    slowest: slowest.path.slice(1).replace("/", "."),
    decisions,
  };
}

const jobsOf = async (page: MeasuredPage): Promise<readonly SeenJob[]> =>
  (await page.ask((stopwatch) => stopwatch.jobs())).filter(({ kind }) => kind === "change");
