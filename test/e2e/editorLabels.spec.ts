/** Labels by keys alone: of a trajectory, a turn, a call and characters; and a disagreement of two people settled by one key. */
import type { Locator, Page } from "@playwright/test";
import { id, open, openId, pane } from "../support/editorPage.ts";
import { expect, expectSound, test } from "../support/editorServer.ts";
import { enter, fill, pick, press, signAs } from "../support/keyboard.ts";

const places = (page: Page): Locator => pane(page).getByRole("list", { name: "Places" });
const question = (page: Page, title: string): Locator => pane(page).getByRole("group", { name: title });
const answer = (page: Page, title: string, name: string): Locator => question(page, title).getByRole("button", { name });
const pressed = (isPressed: boolean): [string, string] => ["aria-pressed", String(isPressed)];

test.beforeEach(async ({ page, workbench }) => {
  await page.goto(workbench.url);
  await expect(openId(page)).toHaveText(id(1));
});

/** Adds a question to the scheme, in its dialog. */
async function ask(page: Page, title: string, scope: string, answers: readonly string[]): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Questions for labels" });
  await enter(page, dialog.getByRole("button", { name: "Add a question" }));
  const added = dialog.getByRole("group").last();
  await fill(page, added.getByLabel("Question", { exact: true }), title);
  await pick(page, added.getByLabel("Asked of"), scope);
  await fill(page, added.getByLabel("Answers, one a line"), "");
  for (const words of answers) {
    await page.keyboard.type(words);
    await press(page, "Enter");
  }
}

async function addQuestions(page: Page): Promise<void> {
  await press(page, "g", "a");
  await enter(page, page.getByRole("button", { name: "Edit the questions" }));
  await ask(page, "How is the turn written?", "a turn", ["Clear", "Clumsy"]);
  await ask(page, "What is wrong with these words?", "selected text", ["Made up", "Misspelled"]);
  const dialog = page.getByRole("dialog", { name: "Questions for labels" });
  await expectSound(page, "questions");
  await enter(page, dialog.getByRole("button", { name: "Save the questions" }));
  await expect(dialog).toBeHidden();
  await press(page, "g", "t");
  await expect(openId(page)).toHaveText(id(1));
}

test("L opens the labels and a number answers: the trajectory, a turn, a call, characters of it", async ({ page, workbench }) => {
  await addQuestions(page);
  await open(page, workbench.origin, 1);
  await press(page, "l", "2");
  await expect(pane(page).getByRole("tab", { name: "Labels" })).toHaveAttribute("aria-selected", "true");
  await expect(answer(page, "Does it do what the user asked?", "Partly")).toHaveAttribute(...pressed(true));
  await expect(places(page)).toContainText("1 answered");

  await press(page, "Alt+ArrowDown", "Alt+ArrowDown", "l", "1");
  await expect(answer(page, "How is the turn written?", "Clear")).toHaveAttribute(...pressed(true));
  await press(page, "Alt+ArrowDown", "l", "2");
  await expect(answer(page, "What is wrong with the call?", "Wrong argument")).toHaveAttribute(...pressed(true));

  // into the characters of the call: to the end, back over the bracket and the quote, and over the word
  await press(page, "s");
  const text = places(page).getByRole("textbox", { name: "Characters of the arguments of turn 3, call 1" });
  await expect(text).toBeFocused();
  await press(page, "End", "ArrowLeft", "ArrowLeft");
  for (const _ of "mondag") await press(page, "Shift+ArrowLeft");
  await expect(question(page, "What is wrong with these words?")).toBeVisible();
  await expect(pane(page)).toContainText("characters 23 to 28 of its arguments");
  await press(page, "l", "2");
  await expect(answer(page, "What is wrong with these words?", "Misspelled")).toHaveAttribute(...pressed(true));
  await expect(text.locator("mark")).toHaveText("mondag");
  // a letter typed into the characters changes nothing
  await page.keyboard.type("y");
  await expect(text).toHaveText('{"city":"Oslo","day":"mondag"}');
  await expectSound(page, "labels");

  // the marked words are a way back to their answer
  await press(page, "Escape");
  await expect(question(page, "What is wrong with these words?")).toBeHidden();
  await enter(page, places(page).getByRole("button", { name: "mondag" }));
  await expect(answer(page, "What is wrong with these words?", "Misspelled")).toHaveAttribute(...pressed(true));
  await press(page, "s");
  await expect(text).toBeFocused();
  await expect(question(page, "What is wrong with these words?")).toBeVisible();
  await press(page, "l", "2");
  await expect(text.locator("mark")).toHaveCount(0);
  await page.reload();
  await press(page, "l");
  await expect(places(page)).toContainText("1 answered");
  await expect(text.locator("mark")).toHaveCount(0);
});

test("two people answer, and a third settles what they disagree about by one key", async ({ page, workbench }) => {
  await signAs(page, "ann");
  await open(page, workbench.origin, 2);
  await press(page, "l", "1");
  await expect(answer(page, "Does it do what the user asked?", "Yes")).toHaveAttribute(...pressed(true));
  await signAs(page, "ben");
  // blind: what ann said is not shown before ben has answered
  await expect(pane(page)).toContainText("1 other answer, shown once you have answered");
  await press(page, "l", "3");
  await expect(answer(page, "Does it do what the user asked?", "No")).toHaveAttribute(...pressed(true));
  await expect(pane(page)).toContainText("Answers differ.");

  await signAs(page, "cleo");
  await press(page, "g", "a");
  const disagreements = page.getByRole("region", { name: "Disagreements" });
  await expect(disagreements).toContainText("1 not settled");
  await expect(page.getByRole("region", { name: "Measures" })).toContainText("Does it do what the user asked?");
  await expectSound(page, "agreement");
  await press(page, "2");
  await expect(disagreements).toContainText("0 not settled");
  await expect(disagreements).toContainText("No disagreement is open.");
  await press(page, "g", "t");
  await expect(openId(page)).toHaveText(id(2));
  await signAs(page, "ann");
  await press(page, "l");
  await expect(pane(page)).toContainText("Settled: No");
  // ann's own answer is taken back, and nothing of the others
  await press(page, "Control+z");
  await expect(answer(page, "Does it do what the user asked?", "Yes")).toHaveAttribute(...pressed(false));
  await expect(pane(page)).toContainText("1 other answer, shown once you have answered");
});
