/**
 * @file The web shell's server: the built page and one WebSocket, for this machine only.
 *
 * It listens on 127.0.0.1. Whoever opens it must know the token in the printed address; one redirect trades the token for a cookie, so
 * that it leaves the address bar and the history. `Host` and `Origin` are checked, because a page of any other site may make the browser
 * talk to this port (DNS rebinding, cross-site WebSockets).
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import { CSP } from "#contracts/csp.ts";

const TOKEN_BYTES = 24; // 192 bits
const MAX_MESSAGE_BYTES = 16 << 20;
/** Of a file at once: most are read whole. */
const READ_BYTES = 1 << 20;
/** A tunnel that broke leaves its socket open: one that misses a ping is closed. */
const PING_INTERVAL_MS = 30_000;

const MIME: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".map": "application/json",
  ".wasm": "application/wasm",
};

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CSP,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

export interface WebServerOptions {
  /** Folder with the built page. */
  readonly rendererDir: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Takes each accepted connection to `/rpc`. */
  readonly onConnection: (socket: WebSocket) => void;
}

export interface WebServer {
  /** With the token: this is what is printed. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  close(): Promise<void>;
}

/** What makes a request ours: a loopback name, the page's own origin, the cookie. */
function guard() {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  // Cookies ignore ports: two servers on one machine would overwrite each other's without a name of their own.
  const cookieName = `callsmith_${randomBytes(6).toString("hex")}`;
  // Rebinding is about names: any port is fine (an ssh tunnel may change it), any other name is not.
  const names = new Set(["127.0.0.1", "localhost", "[::1]"]);
  const isToken = (text: string | null | undefined): boolean => {
    const [got, wanted] = [Buffer.from(text ?? ""), Buffer.from(token)];
    return got.length === wanted.length && timingSafeEqual(got, wanted);
  };
  return {
    token,
    isToken,
    setCookie: `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    hostIsOurs: (request: IncomingMessage) => names.has((request.headers.host ?? "").replace(/:\d+$/, "")),
    originIsOurs: (request: IncomingMessage) => request.headers.origin === `http://${request.headers.host}`,
    hasCookie: (request: IncomingMessage) =>
      (request.headers.cookie ?? "")
        .split(/;\s*/)
        .some((pair) => pair.startsWith(`${cookieName}=`) && isToken(pair.slice(cookieName.length + 1))),
  };
}

/** The file a path names, or undefined where it leaves the folder or names none. */
async function fileFor(rendererDir: string, pathname: string): Promise<{ path: string; numBytes: number } | undefined> {
  try {
    const root = normalize(rendererDir);
    const path = normalize(join(root, pathname === "/" ? "index.html" : decodeURIComponent(pathname)));
    if (!path.startsWith(root + sep)) return undefined;
    const found = await stat(path);
    return found.isFile() ? { path, numBytes: found.size } : undefined;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8" }).end(`${sentence}\n`);
}

/** Starts listening; the promise rejects where the port is taken. */
export async function startWebServer({ rendererDir, port, onConnection }: WebServerOptions): Promise<WebServer> {
  const { token, isToken, setCookie, hostIsOurs, originIsOurs, hasCookie } = guard();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!hostIsOurs(request)) return refuse(response, 403, "This server answers to 127.0.0.1 and localhost only.");
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "Only GET and HEAD are answered.");
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.searchParams.has("token")) {
      if (!isToken(url.searchParams.get("token")))
        return refuse(response, 403, "The token is not the one this server printed when it started.");
      response.writeHead(303, { ...HEADERS, location: "/", "set-cookie": setCookie }).end();
      return;
    }
    if (!hasCookie(request)) return refuse(response, 401, "Open the address with ?token=... that the server printed when it started.");
    const file = await fileFor(rendererDir, url.pathname);
    if (file === undefined) return refuse(response, 404, "Not found.");
    response.writeHead(200, {
      ...HEADERS,
      "content-type": MIME[extname(file.path)] ?? "application/octet-stream",
      "content-length": file.numBytes,
      "cache-control": url.pathname.startsWith("/assets/") ? "private, max-age=31536000, immutable" : "no-cache",
    });
    if (request.method === "HEAD") response.end();
    else
      createReadStream(file.path, { highWaterMark: READ_BYTES })
        .on("error", () => response.destroy())
        .pipe(response);
  };

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (request.url !== "/rpc" || !hostIsOurs(request) || !originIsOurs(request) || !hasCookie(request)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      sockets.emit("connection", client);
      onConnection(client);
    });
  });
  const stopWatching = watchClients(sockets);

  await new Promise<void>((listening, failed) => server.once("error", failed).listen(port, "127.0.0.1", listening));
  const actualPort = (server.address() as AddressInfo).port;
  const origin = `http://127.0.0.1:${actualPort}`;
  return {
    url: `${origin}/?token=${token}`,
    origin,
    port: actualPort,
    close: async () => {
      stopWatching();
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function watchClients(sockets: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>();
  sockets.on("connection", (client) => {
    client.on("pong", () => silent.delete(client));
    client.on("error", () => client.terminate()); // a broken or oversized message ends its connection, never the server
  });
  const timer = setInterval(() => {
    for (const client of sockets.clients) {
      if (silent.has(client)) client.terminate();
      else {
        silent.add(client);
        client.ping();
      }
    }
  }, PING_INTERVAL_MS);
  return () => clearInterval(timer);
}
