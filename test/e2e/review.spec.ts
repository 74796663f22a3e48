/** The annotator's daily loop in a real browser, by keys alone: decide, undo, history, two windows, two people. */
import type { Page } from "@playwright/test";
import { seriousViolations } from "../support/accessibility.ts";
import { expect, test } from "../support/builtServer.ts";

const id = (number: number): string => `T-${String(number).padStart(5, "0")}`;
const row = (page: Page, number: number) =>
  page
    .getByRole("grid", { name: "Trajectories" })
    .getByRole("row")
    .filter({ hasText: id(number) });
const openId = (page: Page) => page.getByRole("region", { name: "Trajectory", exact: true }).getByRole("heading", { level: 2 });
const changes = (page: Page) => page.getByRole("region", { name: "Last changes" });

async function openAt(page: Page, origin: string, number: number): Promise<void> {
  await page.goto(`${origin}/#/trajectories/${id(number)}`);
  await expect(openId(page)).toHaveText(id(number));
  await expect(row(page, number)).toBeVisible();
}
test("an address without an id shows the first row and stays as it is", async ({ page, served }) => {
  await page.goto(served.url);
  await expect(openId(page)).toHaveText(id(1));
  await expect(page).toHaveURL(/#\/trajectories$/u);
  await page.keyboard.press("j");
  await expect(openId(page)).toHaveText(id(2));
  await expect(page).toHaveURL(new RegExp(`#/trajectories/${id(2)}$`, "u"));
});

test("an address entered while the page still starts is not lost", async ({ page, served }) => {
  await page.goto(served.url); // the token becomes a cookie
  await expect(openId(page)).toHaveText(id(1));
  let entered = false;
  // a screen that is fetched when it is gone to: until then its navigation is under way
  await page.route(/RunListScreen-.*\.js$/u, async (route) => {
    await page.evaluate((hash) => (location.hash = hash), `#/trajectories/${id(7)}`);
    entered = true;
    await route.continue();
  });
  await page.goto("about:blank");
  await page.goto(`${served.origin}/#/runs`);
  await expect(openId(page)).toHaveText(id(7));
  expect(entered).toBe(true);
});

test("decisions of one key go on to the next, are undone in order, and stay in the history", async ({ page, served }) => {
  await page.goto(served.url);
  await openAt(page, served.origin, 3);
  await page.keyboard.press("a");
  await expect(openId(page)).toHaveText(id(4));
  await page.keyboard.press("x");
  await expect(openId(page)).toHaveText(id(5));
  await page.keyboard.press("Space");
  await expect(openId(page)).toHaveText(id(6));
  await expect(row(page, 3)).toContainText("Accepted");
  await expect(row(page, 4)).toContainText("Rejected");
  await expect(row(page, 5)).toContainText("Unreviewed");
  await expect(changes(page)).toContainText(`Rejected ${id(4)}`);

  // nothing of it happens while somebody types
  await page.keyboard.press("/");
  await page.keyboard.type("axf");
  await expect(page.getByRole("searchbox", { name: "Search the turns" })).toHaveValue("axf");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await expect(row(page, 6)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(row(page, 6)).toBeFocused();
  await expect(changes(page).getByRole("listitem")).toHaveCount(2);

  // the last changes are a list of their own; Enter opens what one was about
  await page.keyboard.press("c");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(openId(page)).toHaveText(id(3));

  await page.keyboard.press("Control+z");
  await expect(row(page, 4)).toContainText("Unreviewed");
  await expect(row(page, 3)).toContainText("Accepted");
  await page.keyboard.press("Control+z");
  await expect(row(page, 3)).toContainText("Unreviewed");
  await page.keyboard.press("Control+Shift+z");
  await expect(row(page, 3)).toContainText("Accepted");

  await page.keyboard.press("h");
  const revisions = page.getByRole("list", { name: "Revisions, newest first" });
  await expect(revisions.getByRole("listitem")).toHaveCount(4);
  await expect(revisions).toContainText(`Undid: Accepted ${id(3)}`);
  await expect(revisions).toContainText("status to Accepted");
  expect(await seriousViolations(page)).toEqual([]);
});

test("a row that was decided stays in the filtered list until the filter is applied anew", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/trajectories/${id(10)}?status=unreviewed`);
  await expect(openId(page)).toHaveText(id(10));
  await expect(row(page, 10)).toBeVisible();
  await page.keyboard.press("a");
  await expect(openId(page)).toHaveText(id(11));
  await expect(row(page, 10)).toContainText("Accepted");
  await page.reload();
  await expect(row(page, 11)).toBeVisible();
  await expect(row(page, 10)).toHaveCount(0);
});

test("the step to the next trajectory waits for nothing", async ({ page, served }) => {
  await page.goto(served.url);
  await openAt(page, served.origin, 20);
  const took: number[] = [];
  for (let number = 21; number < 31; number++) {
    took.push(
      await page.evaluate(async (wanted) => {
        const startedAt = performance.now();
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "f", bubbles: true, cancelable: true }));
        const head = (): string | null | undefined => document.querySelector('[aria-label="Trajectory"] h2')?.textContent;
        while (head() !== wanted) await new Promise((resolve) => requestAnimationFrame(resolve));
        return performance.now() - startedAt;
      }, id(number)),
    );
  }
  test.info().annotations.push({ type: "milliseconds from key to next trajectory", description: took.map(Math.round).join(" ") });
  await expect(row(page, 29)).toContainText("Flagged");
});

test("two windows agree within a moment, without losing the place", async ({ page, context, served }) => {
  await page.goto(served.url);
  await openAt(page, served.origin, 1);
  const second = await context.newPage();
  await openAt(second, served.origin, 2);
  await second.keyboard.press("]");
  await second.keyboard.press("]");
  const focused = () => second.evaluate(() => document.activeElement?.textContent);
  const before = await focused();
  await page.keyboard.press("a");
  await expect(row(second, 1)).toContainText("Accepted");
  await expect(openId(second)).toHaveText(id(2));
  expect(await focused()).toBe(before);
  await second.close();
});
