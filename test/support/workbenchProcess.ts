/** @file The built command line and the built web server as processes of their own. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

export async function importFiles(workspace: string, ...paths: readonly string[]): Promise<void> {
  await run(process.execPath, ["out/main/cli.js", "import", ...paths, "--workspace", workspace]);
}

/** The web shell on a workspace. It may be killed and started anew; the address then has the same port and another token. */
export class WorkbenchProcess {
  readonly workspace: string;
  #child: ChildProcess | null = null;
  #url = "";

  constructor(workspace: string) {
    this.workspace = workspace;
  }
  /** With the token. */
  get url(): string {
    return this.#url;
  }
  get origin(): string {
    return new URL(this.#url).origin;
  }

  async start(): Promise<void> {
    const port = this.#url === "" ? [] : ["--port", new URL(this.#url).port];
    const child = spawn(process.execPath, ["out/main/serve.js", "--workspace", this.workspace, ...port], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    for await (const line of createInterface(child.stdout)) {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url === undefined) continue;
      this.#url = url;
      return;
    }
    throw new Error("the server ended before it printed its address");
  }

  /** SIGKILL: as if the power had gone. */
  async end(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
}
