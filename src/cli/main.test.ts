import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { COMMANDS, main } from "./main.ts";

const root = resolve(import.meta.dirname, "../..");
const workspace = mkdtempSync(join(tmpdir(), "cli-words-"));

/** Runs a command in this process and gives its exit code and both outputs. */
async function callsmith(args: readonly string[]) {
  const outputs = { out: "", err: "" };
  const into =
    (name: "out" | "err") =>
    (chunk: string | Uint8Array, ...rest: unknown[]) => {
      outputs[name] += String(chunk);
      const written = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
      written?.();
      return true;
    };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(into("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(into("err")),
  ];
  try {
    return { code: await main(args, { root, entryFile: import.meta.filename }), ...outputs };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe("wrong use", () => {
  it.each([
    ["no command", []],
    ["an unknown command", ["trian"]],
    ["an unknown option", ["import", "rows.jsonl", "--formt", "toolllama"]],
    ["an unknown format", ["import", "rows.jsonl", "--format", "xlsx"]],
    ["a missing argument", ["import"]],
    ["an argument too many", ["eval", "r-001", "r-002"]],
    ["a missing option", ["export", "--format", "toolllama"]],
    ["an unknown split", ["export", "--format", "toolllama", "--out", "x", "--split", "dev"]],
    ["a window that is no number", ["tokens", "T-00001", "--max-length", "long"]],
    ["a setting that does not hold", ["train", "--set", "learningRate=fast", "--workspace", workspace]],
    ["settings for a run that has its own", ["train", "--resume", "r-001", "--set", "seed=2"]],
    ["a model without its owner", ["models", "fetch", "opt-350m"]],
    ["a path for a model of the hub", ["models", "fetch", "../../etc"]],
    ["a revision that leads elsewhere", ["models", "fetch", "facebook/opt-350m", "--revision", "../main"]],
    ["a verb of models that is none", ["models", "remove", "x"]],
    ["a port that is none", ["serve", "--port", "http"]],
  ])("ends with 2 and says what to do: %s", async (_name, args) => {
    const { code, out, err } = await callsmith(args);
    expect(code).toBe(2);
    expect(out + err).toMatch(/--help|Usage|Correct the named setting/);
  });

  it("is told as one object with --json", async () => {
    const { code, out } = await callsmith(["import", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({
      error: { code: "E_USAGE", message: expect.stringContaining("missing"), fix: expect.stringContaining("--help") },
    });
  });
});

describe("what fails", () => {
  it("ends with 1, with the thing that failed in its sentence", async () => {
    const { code, out, err } = await callsmith(["tokens", "T-77777", "--workspace", join(workspace, "empty"), "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      error: { code: "E_NOT_FOUND", message: expect.stringContaining("T-77777"), fix: expect.any(String) },
    });
    expect(err).toContain("E_NOT_FOUND");
  });
});

describe("help", () => {
  it("names every command", async () => {
    const { code, out } = await callsmith(["--help"]);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, "m"));
  });

  it.each(COMMANDS.map(({ name }) => name))("of %s needs no workspace", async (name) => {
    const { code, out } = await callsmith([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain(`npm run callsmith -- ${name}`);
  });
});
