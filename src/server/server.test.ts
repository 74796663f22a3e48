import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { get, request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { CSP } from "#contracts/csp.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let cookie: string;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Unlike fetch, sends the path and the Host header as they are given. */
function ask(path: string, { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: server.port, path, method, headers }, (response) => {
      let text = "";
      response
        .on("data", (chunk) => (text += String(chunk)))
        .on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    })
      .on("error", reject)
      .end();
  });
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "web-"));
  const rendererDir = join(folder, "page");
  mkdirSync(join(rendererDir, "assets"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(rendererDir, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(rendererDir, "assets/app.js"), "export {};");
  server = await startWebServer({
    rendererDir,
    port: 0,
    onConnection: (socket) => socket.on("message", (data) => socket.send(String(data))),
  });
  cookie = (await ask(new URL(server.url).pathname + new URL(server.url).search)).headers["set-cookie"]![0]!.split(";")[0]!;
});
afterAll(() => server.close());

describe("who may open the page", () => {
  it("asks for the token where there is none, and refuses a wrong one", async () => {
    expect((await ask("/")).status).toBe(401);
    expect((await ask("/?token=wrong")).status).toBe(403);
    expect((await ask("/", { headers: { cookie: `${cookie.split("=")[0]}=wrong` } })).status).toBe(401);
  });

  it("trades the token for a cookie by one redirect, so that it leaves the address bar", async () => {
    const answer = await ask(`/?token=${new URL(server.url).searchParams.get("token")}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe("/");
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
    expect(answer.headers["set-cookie"]![0]).toMatch(/^callsmith_[0-9a-f]{12}=[\w-]{32}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await ask("/", { headers: { cookie } })).status).toBe(200);
  });

  it("answers to loopback names only, at any port a tunnel may have", async () => {
    const statusOf = async (host: string) => (await ask("/", { headers: { cookie, host } })).status;
    expect(await Promise.all(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"].map(statusOf))).toEqual([
      403, 403, 403,
    ]);
    expect(await Promise.all(["localhost:9", `127.0.0.1:${server.port}`, "[::1]:9"].map(statusOf))).toEqual([200, 200, 200]);
  });

  it("listens on loopback only", async () => {
    expect(server.origin).toBe(`http://127.0.0.1:${server.port}`);
    await expect(
      new Promise((resolve, reject) => get({ host: "127.0.0.2", port: server.port }, resolve).on("error", reject)),
    ).rejects.toThrow("ECONNREFUSED");
  });
});

describe("what the page may read", () => {
  it("answers GET and HEAD only", async () => {
    const statuses = await Promise.all(
      ["POST", "PUT", "DELETE", "OPTIONS"].map(async (method) => (await ask("/", { method, headers: { cookie } })).status),
    );
    expect(statuses).toEqual([405, 405, 405, 405]);
    expect(await ask("/", { method: "HEAD", headers: { cookie } })).toMatchObject({ status: 200, text: "" });
  });

  it("keeps to its folder", async () => {
    const paths = [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets/../../secret.txt",
      "/%00",
      "/%E0%A4%A",
      "/assets",
      "/nothing",
    ];
    const answers = await Promise.all(paths.map((path) => ask(path, { headers: { cookie } })));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    expect((await ask("/assets/app.js", { headers: { cookie } })).headers["content-type"]).toContain("text/javascript");
  });

  it("says what the page may load, on every answer", async () => {
    for (const answer of [await ask("/", { headers: { cookie } }), await ask("/")]) {
      expect(answer.headers).toMatchObject({
        "content-security-policy": CSP,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "same-origin",
      });
    }
  });
});

describe("who may connect", () => {
  const connect = (path: string, headers: Record<string, string>): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
      socket.on("open", () => socket.send("hello"));
      socket.on("message", (data) => {
        resolve(String(data));
        socket.close();
      });
      socket.on("error", (error) => resolve(error.message));
    });

  it("takes the page itself, and nobody without its cookie or from another origin", async () => {
    const { origin } = server;
    const refused = "Unexpected server response: 403";
    expect(await connect("/rpc", { cookie, origin })).toBe("hello");
    expect(await connect("/rpc", { origin })).toBe(refused);
    expect(await connect("/rpc", { cookie, origin: "http://evil.example" })).toBe(refused);
    expect(await connect("/rpc", { cookie })).toBe(refused);
    expect(await connect("/other", { cookie, origin })).toBe(refused);
    expect(await connect("/rpc", { cookie, origin: "http://evil.example", host: "evil.example" })).toBe(refused);
  });

  it("ends a connection that sends more than any procedure takes", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers: { cookie, origin: server.origin } });
    const code = await new Promise((resolve) => {
      socket.on("error", () => undefined).on("close", resolve);
      socket.on("open", () => socket.send(Buffer.alloc((16 << 20) + 1)));
    });
    expect(code).toBe(1009);
  });
});

it("rejects where the port is taken", async () => {
  await expect(startWebServer({ rendererDir: "/", port: server.port, onConnection: () => undefined })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});
