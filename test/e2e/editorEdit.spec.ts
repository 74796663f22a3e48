/** A trajectory edited by keys alone: through the form, through the JSON, against another person, over a kill of the server. */
import { edit, expectRevisions, id, open, openId, pane, rewrite, toasts, turn, turns, unsaved } from "../support/editorPage.ts";
import { expect, expectSound, test, watchContext } from "../support/editorServer.ts";
import { enter, press, signAs, tabTo } from "../support/keyboard.ts";

test.beforeEach(async ({ page, workbench }) => {
  await page.goto(workbench.url);
  await expect(openId(page)).toHaveText(id(1));
});

test("a wrong argument is fixed through the form", async ({ page, workbench }) => {
  await open(page, workbench.origin, 1);
  await press(page, "n");
  await expect(page.locator("[data-finding]:focus")).toContainText("mondag");
  const editor = await edit(page, 3);
  const day = editor.getByRole("combobox", { name: "day" });
  await tabTo(page, day);
  await expect(day).toHaveAttribute("aria-invalid", "true");
  await expectSound(page, "editor-form");
  await page.keyboard.type("monday");
  await expect(editor.getByRole("textbox", { name: "Arguments of get_weather as JSON" })).toContainText('"day":"monday"');
  await expect(day).not.toHaveAttribute("aria-invalid", "true");
  await press(page, "Control+Enter");
  await expect(toasts(page)).toContainText("Saved");
  await expect(turns(page)).toContainText("Valid against its schema");
  await expectRevisions(page, 2);
  await expect(pane(page).locator("ins")).toContainText(["monday"]);
  await expectSound(page, "history-diff");
});

test("arguments that end early are mended in the JSON, the error shown at its place", async ({ page, workbench }) => {
  await open(page, workbench.origin, 2);
  const editor = await edit(page, 3);
  await expect(editor).toContainText("the form is closed");
  await press(page, "Alt+j");
  const json = editor.getByRole("textbox", { name: "Arguments of get_weather as JSON" });
  await expect(json).toBeFocused();
  // marked at the character behind which something is missing
  await expect(json.locator(".cm-lintRange-error")).toHaveText('"');
  await expect(json).toHaveAttribute("aria-invalid", "true");
  await expectSound(page, "editor-json");
  await press(page, "Control+End");
  await page.keyboard.type("}");
  await expect(json.locator(".cm-lintRange-error")).toHaveCount(0);
  // the form is open again, and the value is not what was asked for
  await press(page, "Alt+j");
  const city = editor.getByRole("textbox", { name: "city" });
  await tabTo(page, city);
  await expect(city).toHaveValue("Lima");
  await press(page, "Escape");
  await expect(editor).toBeFocused();
  await press(page, "Control+Enter");
  await expect(toasts(page)).toContainText("Saved");
  await expect(turn(page, 3)).toBeFocused();
  await expect(turns(page)).toContainText("Valid against its schema");
  await expectRevisions(page, 2);
});

test("two people edit one trajectory: what both touched is asked for, and neither edit is lost", async ({ page, workbench, browser }) => {
  const elsewhere = await browser.newContext();
  const problems = await watchContext(elsewhere);
  const other = await elsewhere.newPage();
  await other.goto(workbench.url);
  await expect(openId(other)).toHaveText(id(1));
  await signAs(page, "ann");
  await signAs(other, "ben");
  await open(page, workbench.origin, 5);
  await open(other, workbench.origin, 5);

  await rewrite(page, 2, "Ann asks about Riga.");
  await rewrite(other, 2, "Ben asks about Riga.");
  await press(other, "Control+Enter");
  await expect(toasts(other)).toContainText("Saved");
  // ann sees that it happened, and keeps what she typed
  await expect(unsaved(page)).toContainText("Not saved");
  await press(page, "Control+Enter");
  const dialog = page.getByRole("dialog", { name: "Saved by somebody else meanwhile" });
  await expect(dialog).toContainText("ben");
  await expect(dialog.locator("del")).toContainText(["Ben"]);
  await expectSound(page, "edit-conflict");
  await tabTo(page, dialog.getByRole("radio", { name: "Take mine" }));
  await press(page, "ArrowLeft");
  await expect(dialog.getByRole("radio", { name: "Take theirs" })).toBeChecked();
  await press(page, "ArrowRight");
  await expect(dialog.getByRole("radio", { name: "Take mine" })).toBeChecked();
  await enter(page, dialog.getByRole("button", { name: "Save both together" }));
  await expect(dialog).toBeHidden();
  await expect(turns(page)).toContainText("Ann asks about Riga.");
  await expect(turns(other)).toContainText("Ann asks about Riga.");

  // edits of different turns go together, and the history has every one of them
  await rewrite(other, 2, "Ben asks again about Riga.");
  await rewrite(page, 5, "Clear, says Ann.");
  await press(page, "Control+Enter");
  await expect(unsaved(page)).toBeHidden();
  await press(other, "Control+Enter");
  const together = other.getByRole("dialog", { name: "Saved by somebody else meanwhile" });
  await expect(together).toContainText("go together");
  await enter(other, together.getByRole("button", { name: "Save both together" }));
  await expect(together).toBeHidden();
  for (const words of ["Ben asks again about Riga.", "Clear, says Ann."]) await expect(turns(page)).toContainText(words);
  await expectRevisions(page, 5);
  expect(problems).toEqual([]);
  await elsewhere.close();
});

test("a draft survives a kill of the server and a reload of the page", async ({ page, workbench }) => {
  await open(page, workbench.origin, 7);
  await rewrite(page, 2, "A question that was being written");
  await expect(unsaved(page)).toContainText("draft of");
  await workbench.end("SIGKILL");
  await expect(page.getByText("The connection to the core was lost")).toBeVisible();
  // typed while nobody listens
  await page.keyboard.type(" when the lights went out");
  await workbench.start();
  await page.goto(workbench.url);
  await open(page, workbench.origin, 7);
  await expect(unsaved(page)).toContainText("Not saved");
  await expect(turns(page)).toContainText("A question that was being written when the lights went out");
  await press(page, "Control+Enter");
  await expect(toasts(page)).toContainText("Saved");
  await page.reload();
  await expect(turns(page)).toContainText("A question that was being written when the lights went out");
  await expect(unsaved(page)).toBeHidden();
});
