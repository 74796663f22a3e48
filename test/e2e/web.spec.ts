/** The web shell in a real browser, over real processes. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/builtServer.ts";

/** Errors of the page that nobody expected. */
function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  return problems;
}

const goTo = (page: Page, screen: string) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: screen }).click();

/** Violations a person would stumble over, in one theme. */
async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

test.describe.configure({ mode: "serial" });

test("opens by the printed address only", async ({ page, request, served }) => {
  expect((await request.get(served.origin)).status()).toBe(401);
  expect((await request.get(`${served.origin}/?token=wrong`)).status()).toBe(403);
  await page.goto(served.url);
  expect(page.url()).not.toContain("token");
  await expect(page.getByRole("navigation", { name: "Screens" })).toBeVisible();
});

test("every screen is reached by mouse and by keys, without an error", async ({ page, served }) => {
  const problems = watchProblems(page);
  await page.goto(served.url);
  for (const [screen, keys] of [
    ["Tokens", "k"],
    ["Runs", "r"],
    ["Playground", "p"],
    ["Failures", "f"],
    ["Trajectories", "t"],
  ] as const) {
    await goTo(page, screen);
    await expect(page).toHaveURL(new RegExp(screen.toLowerCase()));
    await page.keyboard.press("Escape");
    await page.locator("body").click({ position: { x: 720, y: 5 } });
    await page.keyboard.press("g");
    await page.keyboard.press(keys);
    await expect(page).toHaveURL(new RegExp(screen.toLowerCase()));
  }
  expect(problems).toEqual([]);
});
