/** What a bundle may load, read off the built files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** Module names of static and dynamic imports, re-exports and requires. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*["']([^"'\n]+)["']/g)].map(([, name]) => name!);
}

test("the preload requires electron once and nothing else", () => {
  expect(readdirSync("out/preload").filter((name) => !name.endsWith(".map"))).toEqual(["index.cjs"]);
  expect(importsOf("out/preload/index.cjs")).toEqual(["electron"]);
});

test("of the programs, only the desktop's main imports electron", () => {
  const importing = filesIn("out/main", ".js").filter((file) => importsOf(file).some((name) => /^electron(\/|$)/.test(name)));
  expect(importing).toEqual([join("out/main", "index.js")]);
});

test("the page imports nothing but its own files", () => {
  for (const file of filesIn("out/renderer", ".js")) {
    expect(
      importsOf(file).filter((name) => !/^\.{0,2}\//.test(name)),
      file,
    ).toEqual([]);
    expect(readFileSync(file, "utf8").match(/["']node:\w+["']/), file).toBeNull();
  }
  expect(readFileSync("out/renderer/index.html", "utf8")).not.toMatch(/https?:\/\//);
});

test("entries check Node before they load anything that an old one cannot", () => {
  for (const name of ["serve", "cli"])
    expect(importsOf(`out/main/${name}.js`).filter((from) => !from.startsWith("./chunks/"))).toEqual(["node:path"]);
});

test("the page's first script holds what its first view needs: no schemas, no code editor, no dialogs", () => {
  const html = readFileSync("out/renderer/index.html", "utf8");
  const scripts = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, name]) =>
    readFileSync(join("out/renderer", name!), "utf8"),
  );
  expect(scripts.length).toBeGreaterThan(0);
  // words of zod, of CodeMirror and of Reka's dialogs that no minifier may change
  for (const word of ["invalid_type", "cm-editor", "DialogContent"]) {
    expect(scripts.filter((text) => text.includes(word)).length, word).toBe(0);
    expect(
      filesIn("out/renderer/assets", ".js").some((file) => readFileSync(file, "utf8").includes(word)),
      word,
    ).toBe(true);
  }
});
