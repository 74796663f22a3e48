/** @file A person without a mouse: to places by Tab, by the command palette, by the keys of lists. Waits for what that person would see. */
import { expect, type Locator, type Page } from "@playwright/test";

const MOST_STOPS = 120;

const hasFocus = (target: Locator): Promise<boolean> => target.evaluate((element) => element === document.activeElement);

/** Presses Tab (or Shift Tab) until the target has the focus, and checks that this can be seen. */
export async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await expect(target).toBeVisible();
  for (let stops = 0; !(await hasFocus(target)); stops++) {
    if (stops === MOST_STOPS) throw new Error(`no ${key} leads to ${String(target)}`);
    await page.keyboard.press(key);
  }
  expect(await target.evaluate(isSeen), `the focus on ${String(target)} cannot be seen`).toBe(true);
}
/** Runs in the page: an outline of its own or of what holds it (a code editor's frame), and inside the window. */
function isSeen(element: Element): boolean {
  const { top, left, bottom, right } = element.getBoundingClientRect();
  const isInside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    if (getComputedStyle(at).outlineStyle !== "none") return isInside;
  }
  return false;
}

export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Tabs to a field and writes over what is in it. */
export async function fill(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await press(page, "Control+a", "Delete");
  await page.keyboard.type(text);
}

/** Tabs to a select and takes an option by typing its beginning. */
export async function pick(page: Page, select: Locator, beginning: string): Promise<void> {
  await tabTo(page, select);
  await page.keyboard.type(beginning);
}

/** Tabs to a button or link and presses it. */
export async function enter(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await press(page, "Enter");
}

/** Runs a command from the palette. */
export async function command(page: Page, title: string): Promise<void> {
  await press(page, "Control+k");
  const palette = page.getByRole("dialog", { name: "Search or run a command" });
  await expect(palette).toBeVisible();
  await page.keyboard.type(title);
  await expect(palette.getByRole("option").first()).toContainText(title);
  await press(page, "Enter");
  await expect(palette).toBeHidden();
}

/** From now on this page signs with this name. */
export async function signAs(page: Page, name: string): Promise<void> {
  await command(page, "Settings");
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await fill(page, dialog.getByLabel("Another name"), name);
  await press(page, "Enter");
  await expect(dialog.getByRole("combobox", { name: "Profile" })).toHaveValue(name);
  await press(page, "Escape");
  await expect(dialog).toBeHidden();
}
