/**
 * The built bundles of the desktop shell together, with only the `electron` module replaced: main in this process, core and trainer in
 * worker threads (real SQLite, real engine), preload and page in Chromium. What this cannot show: Electron's own ports and processes,
 * isolated worlds, native modules inside Electron.
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import type * as Stub from "../support/electronStub.ts";
import { writeTinyModel } from "../fixtures/tinyWorkspace.ts";
import { writeSmallDataset } from "../support/smallDataset.ts";
import { bridge } from "../support/stubbedDesktop.ts";

const stubUrl = new URL("../support/electronStub.ts", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => (specifier === "electron" ? { url: stubUrl, shortCircuit: true } : next(specifier, context)),
});

const folder = mkdtempSync(join(tmpdir(), "callsmith-desktop-"));
const dataset = writeSmallDataset(join(folder, "weather.jsonl"));

test("the desktop shell opens, imports through its own dialog, trains, survives its core and closes when asked", async ({ page }) => {
  const modelDir = join(folder, "model");
  mkdirSync(modelDir);
  await writeTinyModel(modelDir);
  const stub = (await import(stubUrl)) as typeof Stub;
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  process.argv = [process.execPath, ".", "--workspace", join(folder, "workspace")];
  await bridge(page, stub);
  await import(new URL("../../out/main/index.js", import.meta.url).href);
  await expect.poll(() => stub.BrowserWindow.all[0]?.isShown).toBe(true);
  const shell = stub.BrowserWindow.all[0]!;

  // the page may do nothing but talk to main over the bridge
  expect(stub.app.isSandboxed).toBe(true);
  expect(shell.options.webPreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false });
  expect(stub.schemes).toEqual([{ scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }]);
  expect(await page.evaluate(() => Object.keys((globalThis as unknown as { desktop: object }).desktop).sort())).toEqual([
    "apiVersion",
    "connectCore",
    "onMenu",
    "openPaths",
    "platform",
    "setMenuKeys",
    "setProgress",
  ]);

  // import: a native dialog gives the path, the core in its thread reads it
  await expect(page.getByRole("navigation", { name: "Screens" })).toBeVisible();
  stub.answers.paths = [dataset];
  const menuItem = stub.menus.current
    .flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))
    .find(({ label }) => label === "Import…");
  menuItem!.click!(undefined as never, undefined as never, undefined as never);
  await page.getByRole("button", { name: "Choose files" }).click();
  await page.getByRole("button", { name: "Import 1 path" }).click();
  await expect(page.getByRole("row", { name: /weather/i }).first()).toBeVisible();
  expect(stub.dialogs.at(-1)).toEqual({ kind: "open", options: { title: "Import files", properties: ["multiSelections", "openFile"] } });

  // links, windows, frames and permissions
  const { webContents } = shell;
  expect(webContents.windowOpenHandler({ url: "file:///etc/passwd" })).toEqual({ action: "deny" });
  expect(webContents.windowOpenHandler({ url: "https://example.org/" })).toEqual({ action: "deny" });
  expect(stub.opened).toEqual(["https://example.org/"]);
  const isPrevented = (event: string, url: string): boolean => {
    let prevented = false;
    webContents.emit(event, { url, preventDefault: () => (prevented = true) });
    return prevented;
  };
  expect(isPrevented("will-navigate", "https://evil.example/")).toBe(true);
  expect(isPrevented("will-navigate", "app://callsmith/index.html")).toBe(false);
  expect(isPrevented("will-frame-navigate", "https://evil.example/")).toBe(true);
  expect(isPrevented("will-redirect", "https://evil.example/")).toBe(true);
  expect(isPrevented("will-attach-webview", "")).toBe(true);
  const asked: boolean[] = [];
  stub.permissions["request"]!(undefined as never, "camera" as never, ((granted: boolean) => asked.push(granted)) as never);
  expect(asked).toEqual([false]);
  expect(stub.permissions["check"]!(undefined as never, "geolocation" as never)).toBe(false);
  expect(stub.permissions["device"]!()).toBe(false);
  const openPaths = stub.handlers.get("dialog:open-paths") as (event: object, argument: unknown) => unknown;
  const stranger = { url: "https://evil.example/" };
  expect(() => openPaths({ sender: { mainFrame: stranger }, senderFrame: stranger }, { title: "", folders: false })).toThrow(/refused/);
  const frame = { url: "app://callsmith/index.html" };
  expect(() => openPaths({ sender: { mainFrame: frame }, senderFrame: { ...frame } }, { title: "", folders: false })).toThrow(/refused/);
  await expect(page.evaluate(() => window.desktop!.openPaths({ title: 5 as unknown as string, folders: false }))).rejects.toThrow();
  const protocol = stub.protocolHandlers.get("app")!;
  for (const url of [
    "app://callsmith/..%2fmain/index.js",
    "app://callsmith/%2e%2e/main/index.js",
    "app://other/index.html",
    "app://callsmith/%00",
  ]) {
    expect((await protocol(new Request(url))).status, url).toBe(404);
  }
  expect((await protocol(new Request("app://callsmith/index.html"))).headers.get("content-security-policy")).toContain("script-src 'self'");

  // a run: the trainer is a process that main forks for the core; progress shows on the dock, and closing asks
  await page.evaluate(() => (location.hash = "#/runs/new"));
  await page.getByLabel("Base model").selectOption("another folder");
  await page.getByLabel("Folder of the model").fill(modelDir);
  await page.getByLabel("Folder of the model").blur();
  await page.getByLabel("Max length, tokens").fill("320");
  await page.getByLabel("Epochs").fill("5000");
  await page.getByRole("button", { name: "Start run" }).first().click();
  await expect(page.locator("header .chip", { hasText: "Running" })).toBeVisible({ timeout: 60_000 });
  const trainers = stub.utilityProcesses.filter(({ file }) => file === resolve("out/main/trainer.js"));
  expect(trainers).toHaveLength(1);
  const environment: NodeJS.ProcessEnv = { ...trainers[0]!.options.env };
  expect(environment["GLIBC_TUNABLES"]).toContain("glibc.malloc.mmap_max=0");
  await expect.poll(() => shell.progress.at(-1)).toBeGreaterThan(0);
  expect(stub.app.badgeCount).toBe(1);
  stub.answers.button = 1;
  shell.close();
  await expect.poll(() => stub.dialogs.at(-1)?.kind).toBe("message");
  expect(stub.dialogs.at(-1)!.options).toMatchObject({ buttons: ["Save and quit", "Keep running"], cancelId: 1 });
  expect(shell.isDestroyed).toBe(false);
  await page.getByRole("button", { name: "Stop and save" }).click();
  await expect(page.locator("header .chip", { hasText: "Stopped and saved" })).toBeVisible();
  await expect.poll(() => shell.progress.at(-1)).toBe(-1);

  // a core that dies is started again, and the page finds it
  const coreFile = resolve("out/main/core.js");
  const cores = () => stub.utilityProcesses.filter(({ file }) => file === coreFile);
  const reloaded: Promise<void> = new Promise((done) => (webContents.reload = () => void page.reload().then(() => done())));
  cores()[0]!.child.kill();
  await reloaded;
  expect(cores()).toHaveLength(2);
  await expect(page.locator("header .chip", { hasText: "Stopped and saved" })).toBeVisible();
  expect(problems).toEqual([]);

  // the end: everything is saved first
  const ended = once(stub.app, "stub-ended");
  stub.app.quit();
  await ended;
  expect(shell.isDestroyed).toBe(true);
  await expect.poll(() => cores()[1]!.child.pid).toBeUndefined();
});
