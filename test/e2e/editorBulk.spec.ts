/** Changes of the whole set by keys alone: renaming a tool with every place shown, undone as one; an export; a frozen version. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { NUM_ROWS } from "../support/editorDataset.ts";
import { id, lastChanges, openId, toasts, turns } from "../support/editorPage.ts";
import { expect, expectSound, test } from "../support/editorServer.ts";
import { command, enter, fill, pick, press, tabTo } from "../support/keyboard.ts";

test.beforeEach(async ({ page, workbench }) => {
  await page.goto(workbench.url);
  await expect(openId(page)).toHaveText(id(1));
});

test("a tool is renamed across the set, with every place shown, and undone as one", async ({ page, workbench }) => {
  await press(page, "Control+a");
  const bar = page.getByRole("toolbar", { name: "Act on the chosen trajectories" });
  await expect(bar).toContainText(`All ${NUM_ROWS} trajectories chosen`);
  await enter(page, bar.getByRole("button", { name: "Rename a tool" }));
  const dialog = page.getByRole("dialog", { name: "Rename a tool" });
  await fill(page, dialog.getByLabel("Present name"), "get_weather");
  await fill(page, dialog.getByLabel("New name"), "fetch_forecast");
  await press(page, "Enter");
  // a definition, a call, its result and a word of the system text in each
  await expect(dialog.getByRole("status")).toContainText(`${3 * NUM_ROWS} places in ${NUM_ROWS} trajectories`);
  const grid = dialog.getByRole("grid", { name: "What would change" });
  await expect(grid).toHaveAttribute("aria-rowcount", String(3 * NUM_ROWS + 1));
  await expect(grid.locator("del").first()).toHaveText("get_weather");
  await expectSound(page, "bulk-preview");
  await tabTo(page, grid.getByRole("row").nth(1));
  await press(page, "End");
  await expect(grid.getByRole("row").last()).toContainText(id(NUM_ROWS));
  await expect(grid.locator("ins").last()).toHaveText("fetch_forecast");
  await enter(page, dialog.getByRole("button", { name: `Rename ${3 * NUM_ROWS} places in ${NUM_ROWS} trajectories` }));
  await expect(dialog).toBeHidden();
  await expect(toasts(page)).toContainText("Renamed");
  await expect(turns(page)).toContainText("fetch_forecast");
  await expect(turns(page)).not.toContainText("get_weather");
  await expect(lastChanges(page).getByRole("listitem")).toHaveCount(1);

  await press(page, "Control+z");
  await expect(toasts(page)).toContainText(`Undid: Renamed`);
  await expect(turns(page)).toContainText("get_weather");
  await expect(lastChanges(page).getByRole("listitem")).toHaveCount(2);
  await press(page, "Control+Shift+z");
  await expect(turns(page)).toContainText("fetch_forecast");
  await expect(toasts(page)).toContainText(`Redid: Renamed`);

  // a server that was killed knows what was done, and takes it back whole
  await workbench.end("SIGKILL");
  await workbench.start();
  await page.goto(workbench.url);
  await expect(turns(page)).toContainText("fetch_forecast");
  await expect(lastChanges(page).getByRole("listitem")).toHaveCount(3);
  await press(page, "Control+z");
  await expect(toasts(page)).toContainText(`${NUM_ROWS} trajectories`);
  await expect(turns(page)).toContainText("get_weather");
  await page.goto(`${workbench.origin}/#/trajectories/${id(NUM_ROWS)}`);
  await expect(openId(page)).toHaveText(id(NUM_ROWS));
  await expect(turns(page)).toContainText("get_weather");
  await expect(turns(page)).not.toContainText("fetch_forecast");
});

test("what a filter lets through is exported, after a look at what each row becomes", async ({ page, workbench }) => {
  await press(page, "/");
  await page.keyboard.type("Quito");
  await expect(page.getByText("12 matches")).toBeVisible();
  await press(page, "Escape");
  await command(page, "Export trajectories");
  const dialog = page.getByRole("dialog", { name: "Export trajectories" });
  await expect(dialog).toContainText("12 trajectories");
  await pick(page, dialog.getByLabel("Format"), "Hermes");
  await enter(page, dialog.getByRole("button", { name: "Preview" }));
  await expect(dialog).toContainText("12 trajectories lose something, of 12 trajectories");
  const text = dialog.locator("pre").first();
  await expect(text).toContainText("Quito");
  await expect(text).toContainText("<tool_call>");
  await expectSound(page, "export-preview");
  await enter(page, dialog.getByRole("button", { name: "Back" }));
  const folder = dialog.getByRole("textbox", { name: "Folder" });
  await fill(page, folder, workbench.workspace);
  await press(page, "Enter");
  await expect(dialog.getByRole("list", { name: "Files and folders" })).toContainText("workspace.sqlite");
  await expectSound(page, "export");
  await enter(page, dialog.getByRole("button", { name: "Export 12 trajectories" }));
  await expect(dialog).toBeHidden();
  const written = () => readdirSync(workbench.workspace).filter((name) => name.endsWith(".jsonl"));
  await expect.poll(written).toHaveLength(2);
  const [file] = written().filter((name) => name !== "export-ledger.jsonl");
  const rows = readFileSync(join(workbench.workspace, file!), "utf8").trim().split("\n");
  expect(rows).toHaveLength(12);
  expect(rows.every((row) => row.includes("Quito") && row.includes("<tool_call>"))).toBe(true);
});

test("the set is frozen, changed, and compared with what it was", async ({ page }) => {
  await press(page, "g", "v");
  await enter(page, page.getByRole("button", { name: "Freeze the data set" }));
  const dialog = page.getByRole("dialog", { name: "Freeze the data set" });
  await fill(page, dialog.getByLabel("Name"), "before cleaning");
  await press(page, "Enter");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("region", { name: "Versions" })).toContainText("before cleaning");
  await press(page, "g", "t");
  await expect(openId(page)).toHaveText(id(1));
  await press(page, "x");
  await expect(lastChanges(page)).toContainText(`Rejected ${id(1)}`);
  await press(page, "g", "v");
  const differs = page.getByRole("region", { name: "What differs" });
  await expect(differs.getByRole("status")).toContainText("1 trajectory differs");
  await expectSound(page, "versions");
  await enter(page, differs.getByRole("link", { name: id(1) }));
  await expect(page.getByRole("list", { name: "Revisions, newest first" })).toContainText("status to Rejected");
});
