/** @file A core behind the web server: the procedures on each WebSocket, the built page around them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RPCHandler } from "@orpc/server/ws";
import { AppError } from "#contracts/errors.ts";
import type { Core } from "#services/core.ts";
import { router } from "#services/router/index.ts";
import { startWebServer, type WebServer } from "./server.ts";

/** 0 where none is named: the system then chooses a free one. */
export function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new AppError("E_USAGE", { detail: `--port is "${text}"; it takes a number from 0 to 65535` });
}

/** @throws E_PAGE_NOT_BUILT, E_PORT_TAKEN */
export async function serveCore(core: Core, { root, port }: { readonly root: string; readonly port: number }): Promise<WebServer> {
  const rendererDir = join(root, "out/renderer");
  if (!existsSync(join(rendererDir, "index.html"))) throw new AppError("E_PAGE_NOT_BUILT", { path: rendererDir });
  const handler = new RPCHandler(router);
  try {
    return await startWebServer({ rendererDir, port, onConnection: (socket) => void handler.upgrade(socket, { context: { core } }) });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
      throw new AppError("E_PORT_TAKEN", { port }, { cause: error });
    throw error;
  }
}

/** What a person has to know to open it. */
export function sentencesFor({ url, port }: WebServer): { readonly address: string; readonly hints: string } {
  return {
    address: `Callsmith is at ${url}`,
    hints: `Only this machine can open it. From another: ssh -L ${port}:127.0.0.1:${port} HOST, then open the same address there. Ctrl-C saves and ends.`,
  };
}
