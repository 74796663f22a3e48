/** @file The dataset editor as a person at the keyboard sees it. */
import { expect, type Locator, type Page } from "@playwright/test";
import { press } from "./keyboard.ts";

export const id = (number: number): string => `T-${String(number).padStart(5, "0")}`;
export const pane = (page: Page): Locator => page.getByRole("region", { name: "Trajectory", exact: true });
export const openId = (page: Page): Locator => pane(page).getByRole("heading", { level: 2 });
export const turns = (page: Page): Locator => pane(page).getByRole("group", { name: "Turns" });
export const turn = (page: Page, number: number): Locator =>
  turns(page)
    .getByRole("listitem", { name: `Turn ${number},` })
    .first();
export const toasts = (page: Page): Locator => page.locator(".app-toasts");
export const lastChanges = (page: Page): Locator => page.getByRole("region", { name: "Last changes" });
export const unsaved = (page: Page): Locator => page.getByLabel("Unsaved changes");

export async function open(page: Page, origin: string, number: number): Promise<void> {
  await page.goto(`${origin}/#/trajectories/${id(number)}`);
  await expect(openId(page)).toHaveText(id(number));
  await expect(turn(page, 1)).toBeVisible();
}

/** Into the open trajectory, to the turn with this number, into its editor. */
export async function edit(page: Page, number: number): Promise<Locator> {
  await press(page, "Enter");
  await expect(turns(page)).toBeFocused();
  const wanted = turn(page, number);
  for (let steps = 0; (await wanted.getAttribute("aria-current")) !== "true"; steps++) {
    if (steps > 12) throw new Error(`] never comes to turn ${number}`);
    await press(page, "]");
  }
  await press(page, "e");
  const editor = page.getByRole("group", { name: `Editing turn ${number}` });
  await expect(editor).toBeVisible();
  return editor;
}

/** Into a user's turn of that number, its text written anew. */
export async function rewrite(page: Page, number: number, text: string): Promise<void> {
  const editor = await edit(page, number);
  await expect(editor.getByRole("textbox").first()).toBeFocused();
  await press(page, "Control+a");
  await page.keyboard.type(text);
}

export async function expectRevisions(page: Page, count: number): Promise<Locator> {
  await press(page, "h");
  const revisions = page.getByRole("list", { name: "Revisions, newest first" });
  await expect(revisions.getByRole("listitem")).toHaveCount(count);
  return revisions;
}
