import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "#contracts/errors.ts";
import { contract } from "#contracts/procedures/index.ts";
import { errorsPage } from "../../build/docs/errorsPage.ts";
import { COMMANDS } from "../../src/cli/main.ts";

const read = (path: string): string => readFileSync(join(resolve(import.meta.dirname, "../.."), path), "utf8");

/** `runs.start` and so on: the leaves of the contract. */
function procedureNames(node: object, path: readonly string[] = []): string[] {
  if ("~orpc" in node) return [path.join(".")];
  return Object.entries(node).flatMap(([name, child]) => procedureNames(child as object, [...path, name]));
}

describe("what a person can meet is documented", () => {
  it("every error code, in resources/help/errors.md as the table has it", () => {
    expect(read("resources/help/errors.md"), "run: node build/docs/writeErrorsPage.ts").toBe(errorsPage());
    expect(errorsPage().match(/^## (E_\w+)$/gm)).toHaveLength(Object.keys(ERRORS).length);
  });

  it("every procedure, and none that is not there, in resources/help/procedures.md", () => {
    const documented = [...read("resources/help/procedures.md").matchAll(/^- `([\w.]+)`:/gm)].map(([, name]) => name);
    expect(documented).toEqual(procedureNames(contract));
  });

  it("every command, and none that is not there, in README.md", () => {
    const documented = [...read("README.md").matchAll(/^ {4}npm run callsmith -- ([\w-]+)/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
  });

  it("every option of a command, in its help", () => {
    for (const { name, options, help } of COMMANDS) {
      const documented = [...help.matchAll(/^ {2}--([\w-]+)/gm)].map(([, option]) => option);
      expect(documented, name).toEqual(Object.keys(options));
    }
  });
});
