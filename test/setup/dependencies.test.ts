/** The set-up scripts run before any dependency is there: plain JavaScript, tried on folders made for it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const setup = resolve(import.meta.dirname, "../../build/setup");
const { dependenciesAreCurrent } = (await import(join(setup, "dependencies.mjs"))) as {
  dependenciesAreCurrent: (directory: string) => boolean;
};

type Packages = Record<string, { version?: string; optional?: boolean }>;

function folderWith(wanted: Packages, installed: Packages | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), "setup-"));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: { "": { version: "1.0.0" }, ...wanted } }));
  if (installed === undefined) return folder;
  mkdirSync(join(folder, "node_modules"));
  writeFileSync(join(folder, "node_modules/.package-lock.json"), JSON.stringify({ packages: installed }));
  return folder;
}

describe("dependenciesAreCurrent", () => {
  const wanted = { "node_modules/a": { version: "1.2.3" }, "node_modules/b-win32": { version: "2.0.0", optional: true } };

  it("holds where every package is there, but for those of other platforms", () => {
    expect(dependenciesAreCurrent(folderWith(wanted, { "node_modules/a": { version: "1.2.3" } }))).toBe(true);
  });

  it("does not hold in a bare clone, or where a package is missing or of another version", () => {
    expect(dependenciesAreCurrent(folderWith(wanted, undefined))).toBe(false);
    expect(dependenciesAreCurrent(folderWith(wanted, {}))).toBe(false);
    expect(dependenciesAreCurrent(folderWith(wanted, { "node_modules/a": { version: "1.2.4" } }))).toBe(false);
  });
});

describe("the set-up scripts", () => {
  const sources = readdirSync(setup).map((name) => [name, readFileSync(join(setup, name), "utf8")] as const);

  it("import nothing but Node's own modules and each other", () => {
    for (const [name, text] of sources) {
      const imports = [...text.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, from]) => from!);
      expect(imports.filter((from) => !from.startsWith("node:") && !from.startsWith("./"))).toEqual([]);
      expect(imports.length, name).toBeGreaterThan(0);
    }
  });

  it("never load the electron package, whose loading starts a download, and name no registry", () => {
    for (const [name, text] of sources) {
      expect(text, name).not.toMatch(/(require|import)\s*\(\s*["']electron["']/);
      expect(text, name).not.toMatch(/https?:\/\//);
    }
  });
});
