/** @file A workbench for each test on a fresh copy of one imported workspace; the page is worked without a pointer and without errors. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { seriousViolations } from "./accessibility.ts";
import { writeEditorDataset } from "./editorDataset.ts";
import { importFiles, WorkbenchProcess } from "./workbenchProcess.ts";

export interface Imported {
  readonly workspace: string;
}
interface WorkerFixtures {
  readonly imported: Imported;
}
interface TestFixtures {
  readonly workbench: WorkbenchProcess;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  imported: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), "callsmith-editor-"));
      const workspace = join(folder, "workspace");
      await importFiles(workspace, writeEditorDataset(join(folder, "rows.jsonl")));
      await use({ workspace });
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  workbench: async ({ imported }, use) => {
    const folder = mkdtempSync(join(tmpdir(), "callsmith-editor-"));
    const workspace = join(folder, "workspace");
    cpSync(imported.workspace, workspace, { recursive: true });
    const workbench = new WorkbenchProcess(workspace);
    await workbench.start();
    await use(workbench);
    await workbench.end();
    rmSync(folder, { recursive: true, force: true });
  },
  context: async ({ context }, use) => {
    const problems = await watchContext(context);
    await use(context);
    expect(problems).toEqual([]);
  },
});
export { expect } from "@playwright/test";

const POINTER = "a pointer was used";
/** The server was ended on purpose. */
const LOST = /ERR_CONNECTION_REFUSED|WebSocket connection/u;

/** What must not happen on any page of it: errors, warnings, pointers. */
export async function watchContext(context: BrowserContext): Promise<readonly string[]> {
  const problems: string[] = [];
  await context.addInitScript((words) => addEventListener("pointerdown", () => console.error(words), true), POINTER);
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !LOST.test(message.text())) problems.push(message.text());
  });
  return problems;
}

const SIZES = [
  { name: "1280x720", width: 1280, height: 720 },
  { name: "1024x640", width: 1024, height: 640 },
  // 1280 by 720 at a zoom of 200 %
  { name: "200%", width: 640, height: 360 },
] as const;

/** No serious violation in either theme, and nothing cut off at any size. CALLSMITH_SHOTS=FOLDER also keeps what it looked like. */
export async function expectSound(page: Page, name: string): Promise<void> {
  expect.soft(await seriousViolations(page), name).toEqual([]);
  const before = page.viewportSize()!;
  const folder = process.env["CALLSMITH_SHOTS"];
  for (const { name: size, ...viewport } of SIZES) {
    await page.setViewportSize(viewport);
    await page.evaluate(() => document.activeElement?.scrollIntoView({ block: "center" }));
    expect.soft(await page.evaluate(cutOff), `${name} at ${size}`).toEqual([]);
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}-${size}.png`) });
  }
  await page.setViewportSize(before);
}

/** Runs in the page: controls that can be seen in part only and not be scrolled to. */
function cutOff(): string[] {
  const scrolls = (style: CSSStyleDeclaration): boolean => [style.overflowX, style.overflowY].some((o) => o === "auto" || o === "scroll");
  const found: string[] = [];
  for (const control of document.querySelectorAll<HTMLElement>("button, a[href], input, select, textarea")) {
    const box = control.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || control.closest(".visually-hidden, [aria-hidden='true']") !== null) continue;
    for (let at = control.parentElement; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (scrolls(style)) break;
      if (at !== document.body && style.overflow !== "hidden" && style.overflow !== "clip") continue;
      const around = at.getBoundingClientRect();
      const isCut =
        box.left < around.left - 1 || box.right > around.right + 1 || box.top < around.top - 1 || box.bottom > around.bottom + 1;
      if (isCut) {
        found.push(`${control.tagName.toLowerCase()} "${(control.getAttribute("aria-label") ?? control.textContent).trim().slice(0, 40)}"`);
        break;
      }
    }
  }
  return found;
}
