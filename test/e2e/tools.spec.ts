/** The catalogue of tools in a real browser, by keys alone: find a definition, edit it everywhere, put one in place of another, undo. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";
import { writeSmallDataset } from "../support/smallDataset.ts";

const run = promisify(execFile);

/** Six rows that define the tool of the others in other words, call one that is not offered, and get an error back. */
function writeOtherWords(path: string): string {
  const tool = {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather.",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  };
  const call = (id: string, name: string, city: string) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify({ city }) },
  });
  const rows = ["Bern", "Kiel", "Graz", "Lyon", "Cork", "Bath"].map((city) => ({
    messages: [
      { role: "user", content: `weather and wind in ${city} ?` },
      { role: "assistant", content: null, tool_calls: [call("a", "get_weather", city), call("b", "get_wind", city)] },
      { role: "tool", tool_call_id: "a", content: '{"sky":"clear"}' },
      { role: "tool", tool_call_id: "b", content: '{"error":"no such tool"}' },
      { role: "assistant", content: `Clear in ${city}.` },
    ],
    tools: [tool],
  }));
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const test = base.extend<object, { url: string }>({
  url: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), "callsmith-e2e-"));
      const workspace = join(folder, "workspace");
      const files = [writeSmallDataset(join(folder, "weather.jsonl")), writeOtherWords(join(folder, "wind.jsonl"))];
      await run(process.execPath, ["out/main/cli.js", "import", ...files, "--workspace", workspace]);
      const child = spawn(process.execPath, ["out/main/serve.js", "--workspace", workspace], { stdio: ["ignore", "pipe", "inherit"] });
      for await (const line of createInterface(child.stdout)) {
        const url = /http:\/\/\S+/.exec(line)?.[0];
        if (url !== undefined) {
          await use(url);
          break;
        }
      }
      child.kill("SIGTERM");
      await once(child, "exit");
    },
    { scope: "worker" },
  ],
});

const grid = (page: Page) => page.getByRole("grid", { name: "Tools" });
const row = (page: Page, name: string) => grid(page).getByRole("row").filter({ hasText: name });
const definition = (page: Page, number: number, count: number) =>
  page.getByRole("article", { name: `Definition ${number}, in ${count} trajectories` });
const dialog = (page: Page) => page.getByRole("dialog");
const openTools = async (page: Page, url: string): Promise<void> => {
  await page.goto(url);
  await expect(page.getByRole("grid", { name: "Trajectories" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(row(page, "get_weather")).toContainText("56");
};
async function tabTo(page: Page, label: string): Promise<void> {
  const wanted = dialog(page).getByLabel(label);
  for (let press = 0; press < 20; press++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(wanted).toBeFocused();
}
async function seriousViolations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact !== "serious" && impact !== "critical") continue;
      found.push(`${colorScheme}, ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }
  }
  return found;
}

test("every number of a tool leads to its trajectories", async ({ page, url }) => {
  await openTools(page, url);
  await expect(row(page, "get_weather").getByRole("gridcell")).toHaveText(["get_weather", "2", "56", "56", "56", "0", "0", "0"]);
  await expect(row(page, "get_wind").getByRole("gridcell")).toHaveText(["get_wind", "0", "0", "6", "6", "6", "6 (100.0%)", "6 (100.0%)"]);
  await page.getByRole("combobox", { name: "Which tools" }).selectOption({ label: "Called, not offered (1)" });
  await expect(row(page, "get_weather")).toHaveCount(0);
  await page.keyboard.press("j");
  await expect(page.getByRole("region", { name: "Tool", exact: true }).getByRole("heading", { level: 2 })).toHaveText("get_wind");
  for (const [place, query, count] of [
    ["Not offered", "unoffered", "6 matches"],
    ["Error results", "failed", "6 matches"],
  ] as const) {
    const value = page.locator("dt", { hasText: place }).locator("+ dd").getByRole("link");
    await value.focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`tool=${query}:get_wind`, "u"));
    await expect(page.getByRole("search")).toContainText(count);
    await page.goBack();
  }
});

test("a definition is found, edited everywhere it stands, and the edit undone", async ({ page, url }) => {
  await openTools(page, url);
  await page.keyboard.press("/");
  await page.keyboard.type("weather");
  await expect(row(page, "get_wind")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(row(page, "get_weather")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(definition(page, 1, 50)).toBeFocused();
  await page.keyboard.press("]");
  await expect(definition(page, 2, 6)).toBeFocused();
  await expect(definition(page, 2, 6)).toContainText("Differs from definition 1 in the description, the parameters.");
  expect(await seriousViolations(page)).toEqual([]);

  await page.keyboard.press("e");
  await expect(dialog(page)).toContainText("Edit get_weather everywhere");
  await tabTo(page, "Description");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Weather of a city now.");
  await page.keyboard.press("Control+Enter");
  await expect(dialog(page)).toContainText("6 places in 6 trajectories: tool definition 6.");
  expect(await seriousViolations(page)).toEqual([]);
  await page.keyboard.press("Control+Enter");
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.getByText("Defined tool get_weather anew in 6 trajectories").first()).toBeVisible();
  await expect(definition(page, 2, 6)).toContainText("Weather of a city now.");
  await expect(definition(page, 2, 6)).toBeFocused();

  await page.keyboard.press("Control+z");
  await expect(definition(page, 2, 6)).toContainText("The weather.");
  await expect(definition(page, 2, 6)).not.toContainText("Weather of a city now.");
});

test("a definition gives way to another one, which one undo takes back", async ({ page, url }) => {
  await openTools(page, url);
  await page.keyboard.press("Enter");
  await page.keyboard.press("]");
  await page.keyboard.press("m");
  await expect(dialog(page)).toContainText("Replace definition 2 of get_weather");
  await page.keyboard.press("Tab");
  await tabTo(page, "By");
  await page.keyboard.press("Control+Enter");
  await expect(dialog(page)).toContainText("12 places in 6 trajectories");
  await page.keyboard.press("Control+Enter");
  await expect(definition(page, 1, 56)).toBeVisible();
  await expect(page.getByRole("region", { name: "Tool", exact: true })).toBeFocused();
  // calls without the day are objected to now
  await expect(row(page, "get_weather").getByRole("gridcell")).toHaveText(["get_weather", "1", "56", "56", "56", "0", "6 (10.7%)", "0"]);
  await page.keyboard.press("Control+z");
  await expect(definition(page, 2, 6)).toBeVisible();
});

test("a tool goes on under the name it is given everywhere", async ({ page, url }) => {
  await openTools(page, url);
  await page.keyboard.press("Enter");
  await page.keyboard.press("r");
  await tabTo(page, "New name");
  await page.keyboard.type("weather_of");
  await page.keyboard.press("Enter");
  await expect(dialog(page)).toContainText("in 56 trajectories: ");
  await page.keyboard.press("Enter");
  await expect(row(page, "weather_of")).toContainText("56");
  await expect(page).toHaveURL(/tools\/weather_of/u);
  await page.keyboard.press("Control+z");
  await expect(page.getByText("The list has changed")).toBeVisible();
});
