/** @file The web shell as a program: `serve.js [--port N] [--workspace DIR]`, until a signal ends it. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { AppError } from "#contracts/errors.ts";
import { openCore } from "#services/core.ts";
import { corePlaces, sampleWorkspaceIn } from "#services/places.ts";
import { prepareSampleWorkspace } from "#services/sampleWorkspace.ts";
import { warmListsSoon } from "#services/trajectories.ts";
import { interrupted, listenForInterrupt } from "./interrupt.ts";
import { serveCore, parsePort, sentencesFor } from "./serveCore.ts";

export interface Place {
  readonly root: string;
  readonly entryFile: string;
}

const USAGE = "Usage: npm run serve -- [--port N] [--workspace DIR]\n";

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { port: { type: "string" }, workspace: { type: "string" }, help: { type: "boolean", short: "h" } },
    }).values;
  } catch (error) {
    throw new AppError("E_USAGE", { detail: error instanceof Error ? error.message : String(error) });
  }
}

/** Resolves with the exit code when a signal has ended the server and everything is saved. */
export async function main(args: readonly string[], { root, entryFile }: Place): Promise<number> {
  try {
    const values = readArguments(args);
    if (values.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    const port = parsePort(values.port);
    const core = openCore({
      workspaceDir: resolve(values.workspace ?? sampleWorkspaceIn(root)),
      ...corePlaces(root, entryFile),
    });
    try {
      if (values.workspace === undefined) prepareSampleWorkspace(core);
      const server = await serveCore(core, { root, port });
      warmListsSoon(core);
      const { address, hints } = sentencesFor(server);
      process.stdout.write(`${address}\n`);
      process.stderr.write(`${hints}\n`);
      await interrupted(listenForInterrupt((text) => process.stderr.write(`${text}\n`)).signal);
      await server.close();
    } finally {
      await core.close();
    }
    return 0;
  } catch (thrown) {
    const { code, message, fix } = AppError.from(thrown);
    process.stderr.write(`${code}: ${message}\n  ${fix}\n`);
    return code === "E_USAGE" ? 2 : 1;
  }
}
