/** `models` as a process, killed in the middle of a file and started again. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../fixtures/openTestCore.ts";
import { writeTinyModel } from "../fixtures/tinyWorkspace.ts";
import { startHub } from "../support/hubServer.ts";

const root = resolve(import.meta.dirname, "../..");

it("goes on where a killed process stopped, and a run finds the model by its name", async () => {
  const folder = temporaryFolder();
  await writeTinyModel(folder);
  const hub = await startHub("somebody/tiny-opt", folder);
  onTestFinished(() => hub.close());
  const workspace = join(temporaryFolder(), "workspace");
  const start = (words: readonly string[]) =>
    spawn(process.execPath, [join(root, "src/cli/index.ts"), ...words, "--workspace", workspace, "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, HF_ENDPOINT: hub.endpoint },
    });
  const fetchModel = ["models", "fetch", "somebody/tiny-opt"];

  hub.faults.stallAfter = 20_000;
  const killed = start(fetchModel);
  const ended = new Promise((resolveEnd) => killed.on("close", resolveEnd));
  const part = join(workspace, "models/.unfinished/somebody--tiny-opt/model.safetensors.part");
  while (!existsSync(part) || statSync(part).size < 20_000) await new Promise((wait) => setTimeout(wait, 10));
  killed.kill("SIGKILL");
  await ended;

  hub.faults.stallAfter = null;
  const json = async (words: readonly string[]): Promise<Record<string, unknown>> => {
    const child = start(words);
    let out = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    await new Promise((resolveEnd) => child.on("close", resolveEnd));
    return JSON.parse(out) as Record<string, unknown>;
  };
  expect(await json(fetchModel)).toMatchObject({ model: "somebody/tiny-opt", commit: hub.commit });
  expect(hub.seen.filter(({ server }) => server === "storage").map(({ range }) => range)).toEqual([undefined, "bytes=20000-"]);
  expect(readdirSync(join(workspace, "models/somebody/tiny-opt")).sort()).toContain("model.safetensors");
  expect(await json(["models"])).toMatchObject({ models: [{ name: "sample-base" }, { name: "somebody/tiny-opt", problems: [] }] });
  // without data it gets as far as its examples, and so past the model
  expect(await json(["train", "--model", "somebody/tiny-opt", "--set", "maxLength=128"])).toMatchObject({
    error: { code: "E_RUN_NO_EXAMPLES" },
  });
});
