/** @file Builds out/ when the sources it was made from have changed; by content, since a checkout gives every file a new time. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { root, runProgram, say, SetupError } from "./say.mjs";

const stampFile = join(root, "out/.built-from");
const SOURCES = ["src", "electron.vite.config.ts", "package.json", "package-lock.json"];

function* filesUnder(path) {
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const full = join(path, entry.name);
    if (entry.isDirectory()) yield* filesUnder(full);
    else if (!/\.test\.ts$/.test(entry.name)) yield full;
  }
}

function hashOfSources() {
  const hash = createHash("sha256");
  for (const source of SOURCES.map((name) => join(root, name))) {
    for (const file of source.endsWith(`${sep}src`) ? filesUnder(source) : [source]) {
      hash
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

/** Leaves out/ current; `node` is a Node that runs the build. */
export async function prepareBuild(node) {
  const wanted = hashOfSources();
  const found = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (found === wanted) return;
  say("building (a few seconds)");
  rmSync(stampFile, { force: true });
  const { code, output } = await runProgram(node, [join(root, "node_modules/electron-vite/bin/electron-vite.js"), "build"], {
    quiet: true,
  });
  if (code !== 0) {
    process.stderr.write(`${output}\n`);
    throw new SetupError("The build failed, see above.");
  }
  writeFileSync(stampFile, wanted);
}
