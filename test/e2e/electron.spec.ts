/** The desktop shell in a real Electron; REQUIRE_ELECTRON=1 turns a missing binary or display from a skip into a failure. */
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, expect, test } from "@playwright/test";
import { writeSmallDataset } from "../support/smallDataset.ts";

/** Never through the electron package: loading it would start a download. */
function findElectron(): { readonly path: string } | { readonly missing: string } {
  const folder = "node_modules/electron";
  const usual = { win32: "electron.exe", darwin: "Electron.app/Contents/MacOS/Electron" }[process.platform as string] ?? "electron";
  const name = existsSync(join(folder, "path.txt")) ? readFileSync(join(folder, "path.txt"), "utf8").trim() : usual;
  const path = join(process.env["ELECTRON_OVERRIDE_DIST_PATH"] ?? join(folder, "dist"), name);
  if (!existsSync(path)) return { missing: `no Electron binary at ${path}; npx install-electron downloads it` };
  if (process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"])
    return { missing: "no display; run under xvfb-run" };
  return { path };
}

const electron = findElectron();
if ("missing" in electron && process.env["REQUIRE_ELECTRON"] === "1") throw new Error(electron.missing);

test.describe("the desktop shell in Electron", () => {
  test.skip("missing" in electron, "missing" in electron ? electron.missing : "");

  test("opens a sandboxed page that reaches the core", async ({}, info) => {
    if ("missing" in electron) return;
    const workspace = join(mkdtempSync(join(tmpdir(), "callsmith-electron-")), "workspace");
    writeSmallDataset(join(workspace, "../weather.jsonl"));
    const { ELECTRON_RUN_AS_NODE: _asNode, ...env } = process.env as Record<string, string>;
    const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const app = await _electron.launch({
      executablePath: electron.path,
      args: [".", ...asRoot, `--user-data-dir=${info.outputPath("profile")}`, "--workspace", workspace],
      env,
    });
    try {
      const page = await app.firstWindow();
      await expect(page.getByRole("navigation", { name: "Screens" })).toBeVisible();
      expect(await page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe("undefined");
      expect(await page.evaluate(() => window.desktop?.apiVersion)).toBe(1);
      await expect(page.getByRole("link", { name: "Trajectories" })).toContainText("0");
      expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    } finally {
      await app.close();
    }
  });
});
