/** @file The core as the command line uses it: the same typed procedures as the page, called in this process. */
import { resolve } from "node:path";
import type { ContractRouterClient } from "@orpc/contract";
import { createRouterClient } from "@orpc/server";
import type { Contract } from "#contracts/procedures/index.ts";
import { openCore, type Core } from "#services/core.ts";
import type { StartedJob } from "#services/jobs.ts";
import { corePlaces, sampleWorkspaceIn } from "#services/places.ts";
import { router } from "#services/router/index.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";

export type Client = ContractRouterClient<Contract>;

/** Where this program lies. */
export interface Place {
  /** Folder with `resources/` and `datasets/`. */
  readonly root: string;
  /** The running entry. */
  readonly entryFile: string;
}

export interface Workbench {
  readonly client: Client;
  readonly core: Core;
  /** The first import of the sample set, where it is at work. */
  readonly sampleImport: StartedJob | null;
}

/** The workspace named, else the sample workspace, which imports the sample set the first time. */
export function openWorkbench({ root, entryFile }: Place, workspaceDir: string | undefined): Workbench {
  const core = openCore({ workspaceDir: resolve(workspaceDir ?? sampleWorkspaceIn(root)), ...corePlaces(root, entryFile) });
  const client = createRouterClient(router, { context: { core } });
  return { client, core, sampleImport: workspaceDir === undefined ? prepareSampleWorkspace(core) : null };
}
