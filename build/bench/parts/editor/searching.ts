/** @file The list: how soon it is there, and how soon it answers a filter or a search. */
import { wordAt, referenceOf } from "./recipe.ts";
import type { MeasuredPage, Shell } from "./shell.ts";
import type { MadeWorkspace } from "./workspace.ts";

const OPENINGS = 9;

/** At most so many of the inputs, spread over all of them. */
export const someOf = <T>(inputs: readonly T[], most: number): readonly T[] =>
  inputs.length <= most ? inputs : Array.from({ length: most }, (_, i) => inputs[Math.floor((i * inputs.length) / most)]!);

/** Milliseconds to the first rows, in a browser that has nothing of the page. */
export async function measureOpenings(shell: Shell, most: number): Promise<readonly number[]> {
  const openings: number[] = [];
  for (let i = 0; i < Math.min(OPENINGS, most); i++) {
    const { page, ms } = await shell.open();
    openings.push(ms);
    await page.close();
  }
  return openings;
}

/** A pause as a person makes it. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Conditions by themselves and together, as an address says them. */
export function filterQueries({ half }: Pick<MadeWorkspace, "half">, tools: readonly string[]): readonly string[] {
  const tool = (use: string, i: number): string => `tool=${encodeURIComponent(`${use}:${tools[i % tools.length]!}`)}`;
  const source = (i: number): string => `source=part-${i}.jsonl`;
  const singles = [
    ...["accepted", "rejected", "flagged", "unreviewed", "accepted,flagged"].map((status) => `status=${status}`),
    ...["train", "validation", "test"].map((split) => `split=${split}`),
    ...[1, 3, 6].map(source),
    `source=${half}`,
    ...["any", "none", "F01", "F02", "F05", "F07", "F08", "F10"].map((finding) => `finding=${finding}`),
    ...["ann", "ben", "="].map((name) => `assignee=${name}`),
    ...["outcome", "outcome:yes", "outcome:partly:ben", "call"].map((label) => `label=${label}`),
    ...["labelledBy=ann", "editedBy=ben", "disputed=yes", "disputed=no", "unreadable=yes", "unreadable=no"],
    ...["2-", "-3", "4-6", "9-"].map((range) => `turns=${range}`),
    ...["0-0", "1-1", "2-4", "5-"].map((range) => `calls=${range}`),
    ...[0, 1, 2, 5, 11].map((i) => tool("called", i)),
    ...[0, 3, 17].map((i) => tool("offered", i)),
  ];
  const pairs = [
    `${source(1)}&status=accepted`,
    "status=unreviewed&finding=F08",
    "split=train&finding=any&calls=1-",
    `source=${half}&split=test`,
    `${tool("called", 0)}&finding=none`,
    `${tool("offered", 3)}&split=validation&calls=1-3`,
    "labelledBy=ben&disputed=yes",
    "assignee=ben&status=unreviewed",
    `source=${half}&finding=F08&turns=4-&split=train`,
    "editedBy=ann&status=accepted&finding=none",
    "status=accepted&status=rejected&finding=F02",
    `${source(2)}&label=outcome:yes`,
  ];
  return [...singles, ...pairs];
}

/** What somebody looks for: every row, a few, none; one word, several, a phrase, the beginning of a word. */
export function searchTexts(numTrajectories: number): readonly string[] {
  const common = [0, 1, 3, 8, 20, 60].map(wordAt);
  const rare = [4_000, 9_000, 17_000, 24_000, 29_000].map(wordAt);
  return [
    ...["the", "reference", "weather", "please", "response", "api", "what is", "book a table"],
    ...common,
    ...rare,
    ...[0.3, 0.6, 0.9].map((share) => referenceOf(Math.floor(numTrajectories * share))),
    ...[`${common[0]} ${common[2]}`, `${common[1]} ${common[3]} ${common[4]}`, `${common[0]} ${rare[0]}`, `the ${common[1]}`],
    ...['"my reference is"', '"current weather"', `"${common[0]} ${common[1]}"`, '"contact details"'],
    ...["weath", "refer", common[4]!.slice(0, 4), "respon", rare[2]!.slice(0, 5)],
    ...["AutoGPT", "tools to help", "function API", "AutoGPT weather"],
    ...["qqqxyz", "weather qqqxyz", '"no such phrase anywhere"'],
  ];
}

const BETWEEN_MS = 150;

/** Opens the facets beside the list: they are counted while they are seen only. */
export async function showFacets({ page, ask }: MeasuredPage): Promise<void> {
  await page.keyboard.press("Shift+F");
  await ask(async (stopwatch) => {
    const isCounted = (): boolean => stopwatch.calls().some(({ path, answer }) => path === "/trajectories/facets" && answer !== undefined);
    while (!isCounted()) await new Promise(requestAnimationFrame);
  });
}

export async function measureFilters(shell: Shell, made: MadeWorkspace, most: number): Promise<readonly number[]> {
  const { page } = await shell.open("#/trajectories/T-00001");
  await page.ask(async () => {
    while (document.querySelector('[aria-label="Trajectory"] .turn') === null) await new Promise(requestAnimationFrame);
  });
  await showFacets(page);
  const tools = await page.ask((stopwatch) => {
    const facets = stopwatch.calls().findLast(({ path, answer }) => path === "/trajectories/facets" && answer !== undefined);
    return (facets!.answer as { called: { value: string }[] }).called.map(({ value }) => value);
  });
  const times: number[] = [];
  for (const query of someOf(filterQueries(made, tools), most)) {
    times.push(await page.follow(`#/trajectories/T-00001?${query}`, { what: "found" }));
    await pause(BETWEEN_MS);
  }
  await page.close();
  return times;
}

const KEY_MS = 60;

export async function measureSearches(shell: Shell, made: MadeWorkspace, most: number): Promise<readonly number[]> {
  const { page } = await shell.open("#/trajectories/T-00001");
  await showFacets(page);
  const times: number[] = [];
  for (const text of someOf(searchTexts(made.trajectories), most)) {
    times.push(await search(page, text));
    await pause(BETWEEN_MS);
  }
  await page.close();
  return times;
}

/** Types a text in place of the one before; from the last key to rows and counts. */
export async function search({ page, time }: MeasuredPage, text: string): Promise<number> {
  const field = page.locator('search input[type="search"]');
  await field.focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(text.slice(0, -1), { delay: KEY_MS });
  await pause(KEY_MS);
  return time("input", { what: "found", text }, () => page.keyboard.type(text.slice(-1)));
}
