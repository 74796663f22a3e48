/** The work of a copy of the workspace, made elsewhere, comes back by keys alone; what both changed is settled one by one. */
import { cpSync } from "node:fs";
import { expectRevisions, id, lastChanges, open, openId, rewrite, toasts, turns } from "../support/editorPage.ts";
import { expect, expectSound, test, watchContext } from "../support/editorServer.ts";
import { enter, fill, press, signAs } from "../support/keyboard.ts";
import { WorkbenchProcess } from "../support/workbenchProcess.ts";

test("a copy of the workspace is merged, and its conflicts are settled", async ({ page, workbench, browser }) => {
  const copy = new WorkbenchProcess(`${workbench.workspace}-of-ben`);
  cpSync(workbench.workspace, copy.workspace, { recursive: true });
  await copy.start();
  const elsewhere = await browser.newContext();
  const problems = await watchContext(elsewhere);
  const other = await elsewhere.newPage();
  await page.goto(workbench.url);
  await other.goto(copy.url);
  await expect(openId(page)).toHaveText(id(1));
  await expect(openId(other)).toHaveText(id(1));
  await signAs(page, "ann");
  await signAs(other, "ben");

  // both decide about the first and rewrite a turn of the third; only ben touches the second
  await press(page, "a");
  await expect(openId(page)).toHaveText(id(2));
  await press(other, "x");
  await expect(openId(other)).toHaveText(id(2));
  await press(other, "f");
  await expect(openId(other)).toHaveText(id(3));
  await rewrite(other, 2, "Ben wrote this.");
  await press(other, "Control+Enter");
  await expect(toasts(other)).toContainText("Saved");
  await open(page, workbench.origin, 3);
  await rewrite(page, 2, "Ann wrote this.");
  await press(page, "Control+Enter");
  await expect(toasts(page)).toContainText("Saved");
  await elsewhere.close();
  await copy.end();
  expect(problems).toEqual([]);

  await enter(page, page.getByRole("link", { name: "Sources", exact: true }));
  await enter(page, page.getByRole("link", { name: "Merge a workspace" }));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Merge a workspace");
  await fill(page, page.getByRole("textbox", { name: "Folder" }), copy.workspace);
  await press(page, "Enter");
  await expect(page.getByRole("list", { name: "Files and folders" })).toContainText("workspace.sqlite");
  await enter(page, page.getByRole("button", { name: "Merge it into this one" }));
  const conflicts = page.getByRole("region", { name: "Conflicts" });
  await expect(conflicts).toContainText("2 open");
  const first = conflicts.getByRole("article", { name: new RegExp(id(1), "u") });
  const third = conflicts.getByRole("article", { name: new RegExp(id(3), "u") });
  await expect(first).toContainText("ben changed the status too");
  await expect(third.locator("del")).toContainText(["Ann"]);
  await expect(third.locator("ins")).toContainText(["Ben"]);
  await expectSound(page, "merge");

  // 1 keeps what is here, 2 takes theirs, of the one that J and K lead to
  await press(page, "F6");
  await expect(first).toHaveAttribute("aria-current", "true");
  await press(page, "j");
  await expect(third).toHaveAttribute("aria-current", "true");
  await expect(third).toBeFocused();
  await press(page, "2");
  await expect(third).toBeHidden();
  await expect(conflicts).toContainText("1 open");
  await expect(first).toBeFocused();
  await press(page, "1");
  await expect(conflicts).toContainText("No conflicts.");

  await open(page, workbench.origin, 3);
  await expect(turns(page)).toContainText("Ben wrote this.");
  await expect(lastChanges(page)).toContainText(`Took ben's content of ${id(3)}`);
  await expectRevisions(page, 3);
  await expect(page.getByRole("row").filter({ hasText: id(1) })).toContainText("Accepted");
  await expect(page.getByRole("row").filter({ hasText: id(2) })).toContainText("Flagged");
  // each a change of its own: taken back, and the merge itself stays
  await press(page, "Control+z");
  await press(page, "r");
  await expect(turns(page)).toContainText("Ann wrote this.");
});
