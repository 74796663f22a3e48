/** Finding trajectories in a real browser, by keys alone: search, conditions, facets, views, ids, likeness, SQL; in both themes. */
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../support/builtServer.ts";

const id = (number: number): string => `T-${String(number).padStart(5, "0")}`;
const openId = (page: Page) => page.getByRole("region", { name: "Trajectory", exact: true }).getByRole("heading", { level: 2 });
const list = (page: Page) => page.getByRole("region", { name: "List", exact: true });
const search = (page: Page) => page.getByRole("searchbox", { name: "Search the turns" });
const chips = (page: Page) => page.getByRole("list", { name: "Conditions of the filter" }).getByRole("listitem");
const filters = (page: Page) => page.getByRole("region", { name: "Filters" });
const view = (page: Page, name: string) => page.getByRole("tablist", { name: "Views" }).getByRole("tab", { name });
const count = (page: Page, words: string) => expect(list(page).getByRole("status").filter({ hasText: words })).toHaveCount(1);

async function start(page: Page, served: { url: string; origin: string }, path = "/trajectories"): Promise<void> {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#${path}`);
  if (path.startsWith("/trajectories")) await expect(list(page).getByRole("searchbox")).toBeVisible();
}
/** The words marked on the page, and the one that was gone to last. */
const marked = (page: Page) =>
  page.evaluate(() => {
    const texts = (name: string): string[] => [...(CSS.highlights.get(name) ?? [])].map((range) => (range as Range).toString());
    return { all: texts("search-hit"), current: texts("search-hit-current") };
  });
async function expectAccessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id: rule, nodes }) => `${rule}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    expect(serious, `${what}, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}
const pressUntilFocused = async (page: Page, key: string, target: Locator, most = 40): Promise<void> => {
  for (let i = 0; i < most; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target).toBeFocused();
};

test("words are found in the list and marked in the turns, and keys go from place to place", async ({ page, served }) => {
  await start(page, served);
  await page.keyboard.press("/");
  await page.keyboard.type("OSLO monday");
  await count(page, "1 match");
  await page.keyboard.press("Escape");
  await expect(openId(page)).toHaveText(id(1));
  const place = page.getByText(/^Place \d+ of 6$/u);
  await expect(page.getByText("6 places")).toBeVisible();
  expect((await marked(page)).all).toEqual(["Oslo", "monday", "Oslo", "monday", "Oslo", "monday"]);

  await page.keyboard.press("F3");
  await expect(place).toHaveText("Place 1 of 6");
  await page.keyboard.press("F3");
  await page.keyboard.press("F3");
  await expect(place).toHaveText("Place 3 of 6");
  expect((await marked(page)).current).toEqual(["Oslo"]);
  await expect(page.locator('[data-turn="1"]')).toBeFocused();
  await page.keyboard.press("Shift+F3");
  await expect(place).toHaveText("Place 2 of 6");

  // from the search field the places are walked through without leaving it
  await page.keyboard.press("/");
  await page.keyboard.press("F3");
  await expect(place).toHaveText("Place 3 of 6");
  await expect(search(page)).toBeFocused();
  await expectAccessible(page, "hits");

  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await count(page, "50 trajectories");
  expect((await marked(page)).all).toEqual([]);
});

test("conditions are chosen from facets with counts, and taken away one by one", async ({ page, served }) => {
  await start(page, served);
  await count(page, "50 trajectories");
  await page.keyboard.press("Shift+F");
  const unreviewed = filters(page).getByRole("button", { name: "Unreviewed 50" });
  await expect(unreviewed).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(unreviewed).toHaveAttribute("aria-pressed", "true");
  await expect(chips(page)).toHaveCount(1);
  const called = filters(page).getByRole("group", { name: "Tool called" }).getByRole("button", { name: "get_weather 50" });
  await pressUntilFocused(page, "ArrowDown", called);
  await page.keyboard.press("Space");
  await expect(chips(page)).toHaveCount(2);
  await expect(chips(page).last()).toContainText("Tool called: get_weather");
  await expectAccessible(page, "filters");

  await page.keyboard.press("Escape");
  await expect(filters(page)).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Filters" })).toBeFocused();

  // Shift C goes to the conditions; Delete takes one away, and nothing else
  await page.keyboard.press("Shift+C");
  await expect(
    chips(page)
      .first()
      .getByRole("button", { name: /^Status: Unreviewed/u }),
  ).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(
    chips(page)
      .last()
      .getByRole("button", { name: /^Tool called/u }),
  ).toBeFocused();
  await page.keyboard.press("Delete");
  await expect(chips(page)).toHaveCount(1);
  await expect(
    chips(page)
      .first()
      .getByRole("button", { name: /^Status: Unreviewed/u }),
  ).toBeFocused();
  await page.keyboard.press("Delete");
  await expect(chips(page)).toHaveCount(0);
  await expect(search(page)).toBeFocused();
  await count(page, "50 trajectories");
});

test("where nothing matches, the condition that leaves out most is named and can be taken away", async ({ page, served }) => {
  await start(page, served, "/trajectories?text=oslo&calls=9-");
  await expect(page.getByText("“Calls: at least 9” leaves out most: without it, 5 trajectories match.")).toBeVisible();
  await expectAccessible(page, "no match");
  const remove = page.getByRole("button", { name: "Remove “Calls: at least 9”" });
  await page.keyboard.press("/");
  await pressUntilFocused(page, "Tab", remove);
  await page.keyboard.press("Enter");
  await count(page, "5 matches");
});

test("a view is kept under a name, found again after a reload, renamed, overwritten, deleted and brought back", async ({
  page,
  served,
}) => {
  await start(page, served, "/trajectories?text=oslo");
  await count(page, "5 matches");
  await page.keyboard.press("Shift+S");
  await expect(page.getByRole("textbox", { name: "Name" })).toBeFocused();
  await page.keyboard.type("North");
  await expectAccessible(page, "naming a view");
  await page.keyboard.press("Enter");
  await expect(view(page, "North 5")).toHaveAttribute("aria-selected", "true");

  await page.reload();
  await expect(view(page, "North 5")).toHaveAttribute("aria-selected", "true");
  await expect(search(page)).toHaveValue("oslo");
  // the tabs are one stop, arrows go on to the next view
  await pressUntilFocused(page, "Tab", view(page, "North 5"));
  await page.keyboard.press("Home");
  await expect(view(page, "All")).toHaveAttribute("aria-selected", "true");
  await count(page, "50 trajectories");
  await page.keyboard.press("End");
  await count(page, "5 matches");
  await page.keyboard.press("v");
  await expect(view(page, "All")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Shift+V");
  await count(page, "5 matches");

  await page.keyboard.press("/");
  await page.keyboard.press("End");
  await page.keyboard.type(" monday");
  await count(page, "1 match");
  const menu = page.getByRole("button", { name: "What to do with views" });
  const choose = async (item: string): Promise<void> => {
    await menu.focus();
    await page.keyboard.press("Enter");
    await pressUntilFocused(page, "ArrowDown", page.getByRole("menuitem", { name: item }));
    await page.keyboard.press("Enter");
  };
  await choose("Overwrite “North”");
  await expect(view(page, "North 1")).toHaveAttribute("aria-selected", "true");
  await choose("Rename “North”…");
  await page.getByRole("dialog", { name: "Rename “North”" }).waitFor();
  await page.keyboard.type("Oslo on monday");
  await page.keyboard.press("Enter");
  await expect(view(page, "Oslo on monday 1")).toBeVisible();
  await choose("Delete view “Oslo on monday”");
  await expect(view(page, "Oslo on monday")).toHaveCount(0);
  await count(page, "1 match");
  await page.getByText("View “Oslo on monday” deleted; the trajectories are untouched", { exact: true }).waitFor();
  await page.keyboard.press("F8"); // the region of messages
  await pressUntilFocused(page, "Tab", page.getByRole("button", { name: "Undo", exact: true }).last());
  await page.keyboard.press("Enter");
  await expect(view(page, "Oslo on monday 1")).toBeVisible();
});

test("an id typed where words are searched for leads there, and says where it does not", async ({ page, served }) => {
  await start(page, served, "/trajectories?text=oslo");
  await count(page, "5 matches");
  const offer = list(page).getByRole("button", { name: /^Open T-/u });
  await page.keyboard.press("/");
  await page.keyboard.type("#11");
  await expect(offer).toHaveText(/Open T-00011/u);
  await page.keyboard.press("Enter");
  await expect(openId(page)).toHaveText(id(11));
  await expect(page.getByRole("group", { name: "Turns", exact: true })).toBeFocused();
  await expect(search(page)).toHaveValue("");
  await count(page, "50 trajectories");

  await page.keyboard.press("/");
  await page.keyboard.type("T-00099");
  await expect(list(page).getByText("There is no T-00099 in this workspace.")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(openId(page)).toHaveText(id(11));
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Escape");

  await page.goto(`${served.origin}/#/trajectories?calls=9-`);
  await count(page, "0 matches");
  await page.keyboard.press("/");
  await page.keyboard.type("12");
  await expect(offer).toHaveText(/Open T-00012.*outside the filter/u);
  await expectAccessible(page, "an id outside the filter");
  await page.keyboard.press("Enter");
  await expect(openId(page)).toHaveText(id(12));
  await expect(page.getByText("not in the filtered list")).toBeVisible();
});

test("similar trajectories say why, lie beside the open one and open", async ({ page, served }) => {
  await start(page, served, `/trajectories/${id(1)}`);
  await expect(openId(page)).toHaveText(id(1));
  await page.keyboard.press("m");
  const similar = page.getByRole("list", { name: `Similar to ${id(1)}` });
  const first = similar.getByRole("listitem").first();
  await expect(first).toContainText(/Shares .*(oslo|monday)/u);
  await expect(first).toContainText("both call get_weather");
  await expect(first).toContainText(/Differs: without (oslo|monday)/u);
  const button = first.getByRole("button").first();
  await pressUntilFocused(page, "Tab", button);
  await page.keyboard.press("ArrowRight");
  await expect(first.getByRole("region", { name: /turn|user/iu }).first()).toBeVisible();
  await expectAccessible(page, "similar");
  await page.keyboard.press("ArrowLeft");
  const wanted = /T-\d+/u.exec((await button.textContent()) ?? "")![0];
  await page.keyboard.press("Enter");
  await expect(openId(page)).toHaveText(wanted);
  await expect(page.getByRole("tab", { name: /^Turns/u })).toHaveAttribute("aria-selected", "true");
});

test("a question in SQL is written, answered, mended and followed to a trajectory", async ({ page, served }) => {
  await start(page, served);
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  const editor = page.getByRole("textbox", { name: "Statement" });
  await expect(editor).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT id, FROM trajectory");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("alert")).toContainText('near "FROM": syntax error (line 1, character 12)');
  await expect(editor).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page, "an error in SQL");

  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT id, split, NULL AS none FROM trajectory WHERE id > 44 ORDER BY id");
  await page.keyboard.press("Control+Enter");
  const answer = page.getByRole("region", { name: "Answer" });
  await expect(answer.getByRole("status")).toHaveText(/^6 rows in [\d.]+ ms$/u);
  await expect(answer.getByRole("link", { name: id(45) })).toBeVisible();
  await expectAccessible(page, "an answer in SQL");

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: served.origin });
  await pressUntilFocused(page, "Tab", answer.getByRole("button", { name: "Copy as CSV" }));
  await page.keyboard.press("Enter");
  await expect(page.getByText("6 rows copied as CSV", { exact: true })).toBeVisible();
  expect((await page.evaluate(() => navigator.clipboard.readText())).split("\r\n").slice(0, 2)).toEqual(["id,split,none", "45,0,"]);

  await pressUntilFocused(page, "Tab", answer.getByRole("row").nth(1));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(openId(page)).toHaveText(id(46));

  // the statement is there again, and one that does not end is stopped
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(editor).toContainText("WHERE id > 44");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c");
  await page.keyboard.press("Control+Enter");
  await expect(answer.getByRole("status")).toHaveText("Asking…");
  await page.keyboard.press("Control+.");
  await expect(answer.getByRole("status")).toHaveText(/^Stopped/u);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT 1 AS one");
  await page.keyboard.press("Control+Enter");
  await expect(answer.getByRole("status")).toHaveText(/^1 row in/u);
});

test("every question to begin with can be answered", async ({ page, served }) => {
  await start(page, served, "/sql");
  const begin = page.getByLabel("Begin with");
  const answer = page.getByRole("region", { name: "Answer" });
  await expect(begin).toBeVisible();
  const titles = (await begin.getByRole("option").allTextContents()).slice(1);
  expect(titles.length).toBeGreaterThan(2);
  for (const title of titles) {
    await begin.selectOption(title);
    await expect(answer.getByRole("status"), title).toHaveText(/^[\d,]+ rows? in/u);
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
});
