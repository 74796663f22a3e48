/** From the evaluation of a run to cases, in a real browser: made by key, all at once and in the playground; moved on, closed, checked. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/builtServer.ts";

async function seriousViolations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    found.push(...serious.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`));
  }
  return found;
}
const pane = (page: Page) => page.getByRole("region", { name: "Case", exact: true });
const openId = (page: Page) => pane(page).getByRole("heading", { level: 2 }).first();
const toast = (page: Page, words: RegExp) => expect(page.getByText(words).first()).toBeVisible();

test.describe.configure({ mode: "serial" });

test("the cases are empty at first, and say where they come from", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases`);
  await expect(page.getByText("No case yet.")).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);
});

test("failures of an evaluation become cases, by key and all of them", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/runs/new`);
  await page.getByLabel("Base model").selectOption("another folder");
  await page.getByLabel("Folder of the model").fill(served.modelDir);
  await page.getByLabel("Folder of the model").blur();
  await page.getByLabel("Max length, tokens").fill("320");
  await page.getByLabel("Epochs").fill("1");
  await page.getByRole("button", { name: "Start run" }).first().click();
  await expect(page.locator("header .chip", { hasText: "Finished" })).toBeVisible({ timeout: 90_000 });

  await page.goto(`${served.origin}/#/failures/r-001`);
  await page.getByRole("button", { name: "Evaluate r-001" }).first().click();
  const failures = page.getByRole("grid", { name: "Failures" });
  await expect(failures.getByRole("row").nth(1)).toBeVisible({ timeout: 90_000 });
  // the first failure shows, and the address stays as it was entered
  await expect(page.getByRole("region", { name: "Failure", exact: true }).getByRole("heading", { level: 2 }).first()).toHaveText("F-00001");
  await expect(page).toHaveURL(/#\/failures\/r-001$/u);
  await expect(page.getByRole("region", { name: "First wrong token" })).toBeVisible();

  await page.locator("body").click({ position: { x: 720, y: 5 } });
  await page.keyboard.press("m");
  await toast(page, /C-0001 made/u);
  await expect(page.getByRole("button", { name: "Open C-0001" })).toBeVisible();
  await page.keyboard.press("Shift+M");
  await toast(page, /cases? made, \d+ followed already/u);
  await page.keyboard.press("j");
  await expect(page).toHaveURL(/#\/failures\/r-001\/F-00002$/u);
  expect(await seriousViolations(page)).toEqual([]);
});

test("a case is read, noted, closed with a reason and opened again", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases/C-0001`);
  await expect(openId(page)).toHaveText("C-0001");
  const life = page.getByRole("list", { name: "Life of the case" });
  await expect(life.locator("[aria-current=step]")).toContainText("Open");
  await expect(
    page
      .getByRole("region", { name: "First wrong token" })
      .getByText(/right token|right here/u)
      .first(),
  ).toBeVisible();
  await expect(page.getByText("Not traced yet.")).toBeVisible();

  await page.getByRole("textbox", { name: "Note" }).fill("Seen by a user.");
  await page.getByRole("button", { name: "Add the note" }).click();
  await expect(page.getByRole("region", { name: "Events and notes" }).getByText("Seen by a user.")).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);

  await page.locator("body").click({ position: { x: 720, y: 5 } });
  await page.keyboard.press("n");
  const trace = page.getByRole("dialog", { name: "Name the cause of C-0001" });
  await trace.getByLabel("Trajectories").fill("T-99999");
  await trace.getByRole("button", { name: "Name the cause of C-0001" }).click();
  await expect(trace.getByText(/T-99999/u).last()).toBeVisible();
  await page.keyboard.press("Escape");

  await page.keyboard.press("x");
  const close = page.getByRole("dialog", { name: "Close C-0001" });
  await close.getByRole("radio", { name: "Not traceable" }).click();
  await close.getByLabel("Why").fill("A model of a few thousand parameters.");
  await close.getByRole("button", { name: "Close C-0001" }).click();
  await expect(life.locator("[aria-current=step]")).toContainText("not traceable");
  await pane(page).getByRole("button", { name: "Open again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Open C-0001 again" }).click();
  await expect(life.locator("[aria-current=step]")).toContainText("Open");
});

test("the list shows what is alike, by keys", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases`);
  const grid = page.getByRole("grid", { name: "Cases" });
  await expect(grid).toBeVisible();
  await expect(openId(page)).toHaveText(/C-\d{4}/u);
  await expect(page).toHaveURL(/#\/cases$/u);
  await page.locator("body").click({ position: { x: 720, y: 5 } });
  await page.keyboard.press("j");
  await expect(page).toHaveURL(/#\/cases\/C-\d{4}$/u);
  const all = await grid.getByRole("row").count();
  const group = grid.getByRole("button", { name: /.+/u }).first();
  if ((await group.count()) > 0) {
    await group.click();
    expect(await grid.getByRole("row").count()).not.toBe(all);
  }
  await page.getByRole("group", { name: "Cases by state" }).getByRole("button", { name: /^Open/u }).click();
  await expect(page).toHaveURL(/state=open/u);
  expect(await seriousViolations(page)).toEqual([]);
});

test("an answer of the playground becomes a case", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/playground?model=r-001`);
  await page.getByRole("textbox", { name: "Request" }).fill("what will the weather be in Oslo on monday ?");
  await page.getByLabel("Most new tokens").fill("12");
  await page.getByRole("button", { name: "Ask", exact: false }).first().click();
  await page.getByRole("button", { name: "Make a case" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a case of this answer" });
  expect(await seriousViolations(page)).toEqual([]);
  await dialog.getByLabel("What was expected").fill("get_weather");
  await dialog.getByRole("button", { name: "Make a case" }).click();
  await expect(dialog.getByText(/is no turn/u)).toBeVisible();
  await dialog.getByLabel("What was expected").fill('Action: get_weather\nAction Input: {"city": "Oslo"}');
  await dialog.getByRole("button", { name: "Make a case" }).click();
  await expect(page).toHaveURL(/#\/cases\/C-\d{4}$/u);
  await expect(page.getByRole("heading", { name: "Written against expected" })).toBeVisible();
});
