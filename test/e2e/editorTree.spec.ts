/** The search behind a ToolBench answer, by keys alone: another branch is looked at, its rows with it, and chosen. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { id, openId, pane, turns } from "../support/editorPage.ts";
import { expect, expectSound, test } from "../support/editorServer.ts";
import { press } from "../support/keyboard.ts";
import { hasSharedData, SHARED_DATA, SHARED_DATA_REASON } from "../support/sharedData.ts";
import { importFiles, WorkbenchProcess } from "../support/workbenchProcess.ts";

const FILE = join(SHARED_DATA, "toolbench/answer_trees/G2_answer/127_ChatGPT_DFS_woFilter_w2.json");

test("another branch of a search is chosen, and its rows are seen before", async ({ page }) => {
  test.skip(!hasSharedData, SHARED_DATA_REASON);
  const folder = mkdtempSync(join(tmpdir(), "callsmith-tree-"));
  const workbench = new WorkbenchProcess(join(folder, "workspace"));
  await importFiles(workbench.workspace, FILE);
  await workbench.start();
  try {
    await page.goto(workbench.url);
    await expect(openId(page)).toHaveText(id(1));
    const before = await turns(page).textContent();
    await press(page, "b");
    const tree = pane(page).getByRole("tree", { name: "Search tree" });
    await expect(tree).toBeVisible();
    const chosen = tree.getByRole("treeitem", { selected: true });
    await expect(chosen).toBeFocused();
    await expect(chosen).toContainText("end of the chosen branch");
    const branch = pane(page).getByRole("region", { name: "Node and branch" });
    await expect(branch).toContainText("This branch is the trajectory, as in the file.");
    await expect(branch.getByRole("group").first()).toContainText("Row 1");
    const numRows = await branch.getByRole("group").count();

    // the first end that is not the chosen one
    await press(page, "Home");
    for (let steps = 0; steps < 30 && (await branch.getByRole("button", { name: "Choose this branch" }).count()) === 0; steps++) {
      await press(page, "ArrowDown");
      await expect(branch).toContainText(/Choose this branch|Go to an end below|This branch is the trajectory/u);
    }
    await expect(branch.getByRole("button", { name: "Choose this branch" })).toBeVisible();
    await expect(branch.getByRole("group").first()).toContainText("Row 1");
    const newRows = await branch.getByRole("group").count();
    expect(newRows).toBeGreaterThan(0);
    await expectSound(page, "tree");
    await press(page, "Enter");
    await expect(page.locator(".app-toasts")).toContainText("Chose the branch to node");
    await expect(branch).toContainText("This branch is the trajectory.");
    await expect(branch.getByRole("group")).toHaveCount(newRows);
    await press(page, "r");
    await expect(turns(page)).not.toHaveText(before!);

    // one entry, taken back as one
    await press(page, "Control+z");
    await expect(turns(page)).toHaveText(before!);
    await press(page, "b");
    await expect(branch).toContainText("This branch is the trajectory, as in the file.");
    await expect(branch.getByRole("group")).toHaveCount(numRows);
  } finally {
    await workbench.end();
    rmSync(folder, { recursive: true, force: true });
  }
});
