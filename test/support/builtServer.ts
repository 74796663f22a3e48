/** @file The built web shell on a workspace of its own: small data imported by the built command line, a real server process. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "@playwright/test";
import { writeTinyModel } from "../fixtures/tinyWorkspace.ts";
import { writeSmallDataset } from "./smallDataset.ts";
import { importFiles, WorkbenchProcess } from "./workbenchProcess.ts";

export interface Served {
  /** With the token. */
  readonly url: string;
  readonly origin: string;
  readonly workspace: string;
  /** A model of a few thousand parameters: quick steps, nonsense answers. */
  readonly modelDir: string;
}

/** A workspace with 50 imported trajectories, and a tiny model beside it. */
async function prepare(): Promise<{ workspace: string; modelDir: string }> {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-e2e-"));
  const [workspace, modelDir] = [join(folder, "workspace"), join(folder, "model")];
  mkdirSync(modelDir);
  await writeTinyModel(modelDir);
  await importFiles(workspace, writeSmallDataset(join(folder, "weather.jsonl")));
  return { workspace, modelDir };
}

/** One server for all tests of a file. */
export const test = base.extend<object, { served: Served }>({
  served: [
    async ({}, use) => {
      const { workspace, modelDir } = await prepare();
      const server = new WorkbenchProcess(workspace);
      await server.start();
      await use({ url: server.url, origin: server.origin, workspace, modelDir });
      await server.end();
    },
    { scope: "worker" },
  ],
});
export { expect } from "@playwright/test";
