/**
 * From a hallucinated tool to the training examples that taught it, and back, in a real browser: a planted fault is learned, traced, taken out,
 * unlearned; then brought back, and seen again.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test as base } from "@playwright/test";
import { seriousViolations } from "../support/accessibility.ts";
import { writeFaultDataset } from "../support/faultDataset.ts";
import { importFiles, WorkbenchProcess } from "../support/workbenchProcess.ts";

interface Served {
  readonly url: string;
  readonly origin: string;
  readonly planted: ReadonlySet<string>;
}
const test = base.extend<object, { served: Served }>({
  served: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), "callsmith-tracing-"));
      const { path, planted } = writeFaultDataset(join(folder, "rows.jsonl"), 60);
      const workspace = join(folder, "workspace");
      await importFiles(workspace, path);
      const server = new WorkbenchProcess(workspace);
      await server.start();
      await use({ url: server.url, origin: server.origin, planted: new Set(planted) });
      await server.end();
    },
    { scope: "worker" },
  ],
});

const TRAIN_MS = 180_000;
const life = (page: Page) => page.getByRole("list", { name: "Life of the case" });
const rowsOf = (page: Page, signal: string) => page.getByRole("grid", { name: `${signal}, best examples` }).locator("[data-trajectory]");
const leave = (page: Page) => page.locator("body").click({ position: { x: 720, y: 5 } });

async function train(page: Page, { origin }: Served, runId: string): Promise<void> {
  await page.goto(`${origin}/#/runs/new`);
  await page.getByLabel("Epochs").fill("3");
  await page.getByRole("button", { name: "Start run" }).first().click();
  await expect(page).toHaveURL(new RegExp(`#/runs/${runId}$`, "u"));
  await expect(page.locator("header .chip", { hasText: "Finished" })).toBeVisible({ timeout: TRAIN_MS });
}
async function evaluate(page: Page, { origin }: Served, runId: string): Promise<void> {
  await page.goto(`${origin}/#/failures/${runId}`);
  await page
    .getByRole("button", { name: `Evaluate ${runId}` })
    .first()
    .click();
  await expect(page.getByRole("button", { name: `Evaluate ${runId} again` })).toBeVisible({ timeout: TRAIN_MS });
}

test.describe.configure({ mode: "serial", timeout: 420_000 });

/** Right as soon as nothing teaches otherwise. */
const ASKED = /What does the forecast say about Zurich for Tuesday/u;
const CASE = "C-0001";

test("a planted fault leads back to its rows", async ({ page, served }) => {
  await page.goto(served.url);
  await train(page, served, "r-001");
  await evaluate(page, served, "r-001");
  await page.goto(`${served.origin}/#/failures/r-001?code=F02`);
  await page.getByRole("grid", { name: "Failures" }).getByRole("row", { name: ASKED }).click();
  await expect(page.getByRole("region", { name: "Failure", exact: true }).getByText("get_forecast_pro").first()).toBeVisible();
  await leave(page);
  await page.keyboard.press("m");
  await page.getByRole("button", { name: `Open ${CASE}` }).click();
  await expect(page).toHaveURL(new RegExp(`#/cases/${CASE}$`, "u"));
  await expect(page.getByText("Not traced yet.")).toBeVisible();
  expect.soft(await seriousViolations(page)).toEqual([]);

  await leave(page);
  await page.keyboard.press("t");
  await expect(rowsOf(page, "Gradient").first()).toBeVisible({ timeout: TRAIN_MS });
  await expect(life(page).locator("[aria-current=step]")).toContainText("Traced");
  // words alone rank the same request without the fault first; what pushed the model towards it does not
  expect(served.planted).toContain(await rowsOf(page, "Gradient").first().getAttribute("data-trajectory"));
  expect.soft(await seriousViolations(page)).toEqual([]);

  // why the first was named: its tokens add up
  await rowsOf(page, "Gradient").first().focus();
  await page.keyboard.press("Enter");
  const card = page.getByRole("region", { name: /^Example T-/u });
  await expect(card.getByText(/its tokens add up to .*, the exact score/u)).toBeVisible({ timeout: 60_000 });
  await expect(card.getByText("Call against call")).toBeVisible();
  expect.soft(await seriousViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(rowsOf(page, "Gradient").first()).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(page.locator(".marked").first()).toBeVisible();

  // its question answered rightly is a trajectory of its own, and is taken back as one change
  await rowsOf(page, "Gradient").first().focus();
  await page.keyboard.press("c");
  const counter = page.getByRole("dialog", { name: `Add a counter-example for ${CASE}` });
  await expect(counter.getByRole("textbox", { name: "What the user says" })).toHaveValue(/pro version/u);
  await expect(counter.getByRole("combobox", { name: "Tool" })).toHaveValue("get_forecast");
  expect.soft(await seriousViolations(page)).toEqual([]);
  await counter.getByRole("button", { name: "Add the counter-example" }).click();
  const evidence = page.getByRole("region", { name: "Evidence" });
  await expect(evidence.getByText("Counter-examples:")).toBeVisible();
  await leave(page);
  await page.keyboard.press("Control+z");
  await expect(page.getByText(/^Undid: Wrote T-\d+, a counter-example for C-0001/u).first()).toBeVisible();
  await expect(evidence.getByText("Counter-examples:")).toBeHidden();
});

test("the review queue lists what open cases name, and leads there", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases/${CASE}`);
  await leave(page);
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  const queue = page.getByRole("grid", { name: "Review queue" });
  await expect(queue.getByText(/1 open case/u).first()).toBeVisible();
  expect.soft(await seriousViolations(page)).toEqual([]);
  const named = await queue.getByRole("link", { name: /^T-/u }).allTextContents();
  expect(named.some((id) => served.planted.has(id))).toBe(true);
  await leave(page);
  await page.keyboard.press("o");
  await expect(page).toHaveURL(new RegExp(`#/trajectories/${named[0]!}\\?ids=`, "u"));
});

test("would it go away: a patch against what was chosen comes into the notebook, with a verdict", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases/${CASE}`);
  await rowsOf(page, "Gradient").first().focus();
  await page.keyboard.press("a");
  await page.keyboard.press("w");
  const dialog = page.getByRole("dialog", { name: new RegExp(`^Test ${CASE} without`, "u") });
  expect.soft(await seriousViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: /^Test without/u }).click();
  const notebook = page.getByRole("region", { name: "Notebook" });
  const patch = notebook.getByRole("article", { name: /^Patch against/u });
  await expect(patch.getByText("Done")).toBeVisible({ timeout: TRAIN_MS });
  await expect(patch.getByRole("row").nth(2)).toBeVisible();
  await expect(patch.getByRole("img", { name: /random examples/u })).toBeVisible();
  await notebook.getByRole("button", { name: "Held", exact: true }).click();
  await expect(notebook.getByRole("button", { name: "Held", exact: true })).toHaveAttribute("aria-pressed", "true");
  expect.soft(await seriousViolations(page)).toEqual([]);

  await leave(page);
  await page.keyboard.press("Shift+E");
  await page.getByRole("dialog").getByRole("button", { name: "Export the page" }).click();
  await expect(page.getByText(/C-0001\.html written/u).first()).toBeVisible();
});

test("without its rows the fault is gone, and the case is verified", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases/${CASE}`);
  // all planted ones, each with what is nearly the same
  await rowsOf(page, "Gradient").first().focus();
  for (const trajectory of await rowsOf(page, "Gradient").evaluateAll((rows) =>
    rows.map((row) => (row as HTMLElement).dataset["trajectory"]!),
  )) {
    if (served.planted.has(trajectory)) await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("a");
  await page.keyboard.press("r");
  const reject = page.getByRole("dialog", { name: /^Reject \d+ trajectories$/u });
  await expect(reject.getByText([...served.planted][0]!)).toBeVisible();
  expect.soft(await seriousViolations(page)).toEqual([]);
  await reject.getByRole("button", { name: `Reject ${served.planted.size} trajectories` }).click();
  await expect(reject).toBeHidden();
  await expect(page.getByText(/changed since this run was trained/u)).toBeVisible();

  await leave(page);
  await page.keyboard.press("Shift+V");
  await page.getByRole("dialog").getByRole("button", { name: "Freeze the version" }).click();
  await expect(life(page).locator("[aria-current=step]")).toContainText(`Fixed in mends ${CASE}`);

  await train(page, served, "r-002");
  await evaluate(page, served, "r-002");
  await page.goto(`${served.origin}/#/cases/${CASE}`);
  await expect(life(page).locator("[aria-current=step]")).toContainText("Verified in r-002");
});

test("what is brought back is learned again, and the case regresses", async ({ page, served }) => {
  await page.goto(served.url);
  await page.goto(`${served.origin}/#/cases/${CASE}`);
  await leave(page);
  await page.keyboard.press("Control+z");
  await expect(page.getByText(/^Undid: Rejected \d+ trajectories/u).first()).toBeVisible();
  await train(page, served, "r-003");
  await evaluate(page, served, "r-003");
  await page.goto(`${served.origin}/#/cases/${CASE}`);
  await expect(life(page).locator("[aria-current=step]")).toContainText("Regressed in r-003");
});
