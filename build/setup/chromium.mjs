/** @file A Chromium for the end-to-end tests: an installed one, else Playwright's, else Debian's package, else a sentence. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root, runProgram, say, SetupError, tail } from "./say.mjs";

const INSTALLED = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];
const DOWNLOAD_TIMEOUT_MS = 300_000;

async function starts(path) {
  if (path === undefined || path === "" || !existsSync(path)) return false;
  if (process.platform === "win32") return true; // chrome.exe --version opens a window there
  return (await runProgram(path, ["--version"], { quiet: true, timeoutMs: 30_000 })).code === 0;
}

async function firstThatStarts(paths) {
  for (const path of paths) if (await starts(path)) return path;
  return undefined;
}

const playwrightsOwn = () => createRequire(join(root, "package.json"))("@playwright/test").chromium.executablePath();

async function installPlaywrights(node) {
  say("downloading Playwright's Chromium (once)");
  const cli = join(root, "node_modules/@playwright/test/cli.js");
  const { code, output } = await runProgram(node, [cli, "install", "chromium"], { quiet: true, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  if (code !== 0) say(`that did not work: ${code === null ? "it took too long" : tail(output, 1)}`);
}

async function installDebians() {
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  say("installing Debian's chromium package (once)");
  // another apt may be at work on a fresh machine: wait for its lock instead of failing
  const options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await runProgram("apt-get", [...options, "update"], { env, quiet: true, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  const install = ["install", "-y", "--no-install-recommends", "chromium"];
  const { code, output } = await runProgram("apt-get", [...options, ...install], { env, quiet: true, timeoutMs: 2 * DOWNLOAD_TIMEOUT_MS });
  if (code !== 0) say(`that did not work: ${tail(output, 1)}`);
}

/** Path of a Chromium that starts. */
export async function prepareChromium(node) {
  const found = await firstThatStarts([...INSTALLED, playwrightsOwn()]);
  if (found !== undefined) return found;
  await installPlaywrights(node);
  if (await starts(playwrightsOwn())) return playwrightsOwn();
  await installDebians();
  const debians = await firstThatStarts(INSTALLED);
  if (debians !== undefined) return debians;
  throw new SetupError(
    "No Chromium was found for the end-to-end tests, and none could be installed. Install Chromium or Chrome, or set CHROMIUM_PATH to one, and try again.",
  );
}
