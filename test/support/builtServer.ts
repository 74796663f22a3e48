/** @file The built web shell on a workspace of its own: small data imported by the built command line, a real server process. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { test as base } from "@playwright/test";
import { writeTinyModel } from "../fixtures/tinyWorkspace.ts";
import { writeSmallDataset } from "./smallDataset.ts";

export interface Served {
  /** With the token. */
  readonly url: string;
  readonly origin: string;
  readonly workspace: string;
  /** A model of a few thousand parameters: quick steps, nonsense answers. */
  readonly modelDir: string;
}

const run = promisify(execFile);

async function start(workspace: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ["out/main/serve.js", "--workspace", workspace], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return { child, url };
  }
  throw new Error("the server ended before it printed its address");
}

/** A workspace with 50 imported trajectories, and a tiny model beside it. */
async function prepare(): Promise<{ workspace: string; modelDir: string }> {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-e2e-"));
  const [workspace, modelDir] = [join(folder, "workspace"), join(folder, "model")];
  mkdirSync(modelDir);
  await writeTinyModel(modelDir);
  const dataset = writeSmallDataset(join(folder, "weather.jsonl"));
  await run(process.execPath, ["out/main/cli.js", "import", dataset, "--workspace", workspace]);
  return { workspace, modelDir };
}

/** One server for all tests of a file. */
export const test = base.extend<object, { served: Served }>({
  served: [
    async ({}, use) => {
      const { workspace, modelDir } = await prepare();
      const { child, url } = await start(workspace);
      await use({ url, origin: new URL(url).origin, workspace, modelDir });
      child.kill("SIGTERM");
      await once(child, "exit");
    },
    { scope: "worker" },
  ],
});
export { expect } from "@playwright/test";
