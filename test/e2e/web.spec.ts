/** The web shell in a real browser, over real processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "@playwright/test";
import { seriousViolations } from "../support/accessibility.ts";
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

test("opens by the printed address only", async ({ page, request, served }) => {
  expect((await request.get(served.origin)).status()).toBe(401);
  expect((await request.get(`${served.origin}/?token=wrong`)).status()).toBe(403);
  await page.goto(served.url);
  expect(page.url()).not.toContain("token");
  await expect(page.getByRole("navigation", { name: "Screens" })).toBeVisible();
});

test("the command line serves it too, and ends when interrupted", async ({ request }) => {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-serve-"));
  const child = spawn(process.execPath, ["out/main/cli.js", "serve", "--workspace", folder, "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const printed: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    printed.push(line);
    const { url, port } = JSON.parse(line) as { url: string; port: number };
    expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/\\?token=`));
    expect((await request.get(url)).status()).toBe(200);
    child.kill("SIGINT");
  }
  const [code] = child.exitCode === null ? ((await once(child, "exit")) as [number]) : [child.exitCode];
  expect([code, printed.length]).toEqual([130, 1]);
});

test("every screen is reached by mouse and by keys, without an error", async ({ page, served }) => {
  const problems = watchProblems(page);
  await page.goto(served.url);
  for (const [screen, keys] of [
    ["Tools", "o"],
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

/** Fills the form and starts a run that would take far longer than the test. */
async function startLongRun(page: Page, modelDir: string): Promise<void> {
  await page.getByRole("link", { name: "Runs" }).click();
  await page.goto(`${new URL(page.url()).origin}/#/runs/new`);
  await page.getByLabel("Base model").selectOption("another folder");
  await page.getByLabel("Folder of the model").fill(modelDir);
  await page.getByLabel("Folder of the model").blur();
  await page.getByLabel("Max length, tokens").fill("320");
  await page.getByLabel("Epochs").fill("5000");
  await page.getByRole("button", { name: "Start run" }).first().click();
  await expect(page).toHaveURL(/runs\/r-\d+/);
}

const state = (page: Page, word: string) => page.locator("header .chip", { hasText: word });

/** Last step that the page shows. */
async function shownStep(page: Page): Promise<number> {
  const text = await page.locator(".jobs-bar").textContent();
  return Number(/([\d,]+) (?:of|\/) /.exec(text ?? "")?.[1]?.replaceAll(",", "") ?? 0);
}

test("a run is started, paused, continued and saved; reload and a second page see the same run", async ({ page, context, served }) => {
  const problems = watchProblems(page);
  await page.goto(served.url);
  await startLongRun(page, served.modelDir);
  await expect(state(page, "Running")).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => shownStep(page)).toBeGreaterThan(3);

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(state(page, "Paused")).toBeVisible();
  const runUrl = page.url();

  await page.reload();
  await expect(state(page, "Paused")).toBeVisible();
  const second = await context.newPage();
  await second.goto(runUrl);
  await expect(state(second, "Paused")).toBeVisible();

  const before = await shownStep(second);
  await second.getByRole("button", { name: "Continue" }).click();
  await expect(state(page, "Running")).toBeVisible();
  await expect.poll(() => shownStep(page)).toBeGreaterThan(before);

  await page.getByRole("button", { name: "Stop and save" }).click();
  await expect(state(page, "Stopped and saved")).toBeVisible();
  await expect(state(second, "Stopped and saved")).toBeVisible();
  await expect(page.getByRole("button", { name: "Resume run" })).toBeVisible();
  await second.close();
  // its data version by name, with a way to what differs now
  const runId = /r-\d+$/u.exec(runUrl)![0];
  await page.getByRole("main").getByRole("link", { name: runId, exact: true }).click();
  await expect(page.getByRole("region", { name: "Versions" }).getByRole("button", { name: runId, pressed: true })).toBeVisible();
  expect(problems).toEqual([]);
});

test("a run's model is exported into a folder of its own, and not over another", async ({ page, served }) => {
  const problems = watchProblems(page);
  await page.goto(served.url);
  await expect(page).toHaveURL(/trajectories/);
  await goTo(page, "Runs");
  await page.getByRole("main").getByRole("link", { name: "r-001", exact: true }).click();
  await expect(page).toHaveURL(/runs\/r-001$/);
  const dialog = page.getByRole("dialog", { name: "Export the model of r-001" });
  const exportOnce = async () => {
    await page.getByRole("button", { name: "Export model" }).click();
    await expect(dialog.getByLabel("Folder to make")).toHaveValue(/exports\/r-001-step-\d+$/);
    await dialog.getByLabel("Weights as").selectOption("float16");
    await dialog.getByRole("button", { name: /Export step/ }).click();
  };
  await exportOnce();
  await expect(dialog).toBeHidden();
  const folder = join(served.workspace, "exports");
  const whole = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("r-001")) : []);
  await expect.poll(() => whole().length).toBe(1);
  expect(readdirSync(join(folder, whole()[0]!))).toEqual(expect.arrayContaining(["README.md", "chat_template.jinja", "model.safetensors"]));
  expect(problems).toEqual([]);
  await exportOnce();
  await expect(dialog.getByText("an export replaces nothing")).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);
});

test("no screen has a serious violation, in light or dark", async ({ page, served }) => {
  await page.goto(served.url);
  const found: Record<string, string[]> = {};
  for (const place of [
    "/trajectories/T-00001",
    "/sources/1",
    "/tools",
    "/tokens/T-00001",
    "/runs",
    "/runs/new",
    "/runs/r-001",
    "/playground",
    "/failures",
  ]) {
    await page.goto(`${served.origin}/#${place}`);
    await expect(page.locator("h1").first()).toBeVisible();
    const violations = await seriousViolations(page);
    if (violations.length > 0) found[place] = violations;
  }
  expect(found).toEqual({});
});
