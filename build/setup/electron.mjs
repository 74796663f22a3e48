/** @file Electron's binary: found without loading the electron package, whose loading alone would start a download. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runProgram, say, tail } from "./say.mjs";

const folder = join(root, "node_modules/electron");
const attemptFile = join(root, "node_modules/.electron-attempt");
const DOWNLOAD_TIMEOUT_MS = 180_000;
const RETRY_AFTER_MS = 24 * 3600_000;

const usualName = { win32: "electron.exe", darwin: "Electron.app/Contents/MacOS/Electron" }[process.platform] ?? "electron";

/** Path of the binary, or undefined. */
export function findElectron() {
  const record = join(folder, "path.txt");
  const name = existsSync(record) ? readFileSync(record, "utf8").trim() : usualName;
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, "dist"), name);
  return existsSync(path) ? path : undefined;
}

/** Why no window can be opened here, or undefined where one can. */
export function whyNoDisplay() {
  if (process.platform !== "linux") return undefined;
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)";
  if (process.getuid?.() === 0) return "Electron keeps its sandbox on, and that does not work as root";
  return undefined;
}

function attemptedLately() {
  try {
    return Date.now() - Number(readFileSync(attemptFile, "utf8")) < RETRY_AFTER_MS;
  } catch {
    return false;
  }
}

/** The binary, downloaded once a day at most where it is missing: `{ path }` or `{ reason }`. */
export async function prepareElectron(node) {
  const path = findElectron();
  if (path !== undefined) return { path };
  const byHand = "npx install-electron downloads it";
  if (attemptedLately()) return { reason: `Electron's binary is missing and could not be downloaded lately (${byHand})` };
  say(`downloading Electron (once; at most ${DOWNLOAD_TIMEOUT_MS / 60_000} minutes)`);
  const { code, output } = await runProgram(node, [join(folder, "install.js")], { quiet: true, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  const downloaded = findElectron();
  if (downloaded !== undefined) return { path: downloaded };
  writeFileSync(attemptFile, String(Date.now()));
  const detail = code === null ? "it took too long" : (/\b(E[A-Z_]{4,}|HTTPError[^\n]*)\b/.exec(output)?.[0] ?? tail(output, 1));
  return { reason: `Electron's binary could not be downloaded: ${detail} (${byHand})` };
}
