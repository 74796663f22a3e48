/** A MessagePort (desktop) and a WebSocket (web) give the same answers to the same calls. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { createORPCClient } from "@orpc/client";
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { RPCHandler as PortHandler } from "@orpc/server/message-port";
import { RPCHandler as SocketHandler } from "@orpc/server/ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Contract } from "#contracts/procedures/index.ts";
import { openCore, type Core } from "#services/core.ts";
import { corePlaces } from "#services/places.ts";
import { router } from "#services/router/index.ts";
import { startWebServer } from "../../src/server/server.ts";
import { writeSmallDataset } from "../support/smallDataset.ts";

type Client = ContractRouterClient<Contract>;

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "contract-"));
const dataset = writeSmallDataset(join(folder, "rows.jsonl"));
const cleanups: (() => unknown)[] = [];
let core: Core;
const clients = {} as Record<"port" | "socket", Client>;

function overPort(): Client {
  const { port1, port2 } = new MessageChannel();
  new PortHandler(router).upgrade(port1, { context: { core } });
  port1.start();
  port2.start();
  cleanups.push(() => port1.close());
  return createORPCClient(new PortLink({ port: port2 }));
}

async function overSocket(): Promise<Client> {
  const handler = new SocketHandler(router);
  const onConnection = (socket: WebSocket): void => void handler.upgrade(socket, { context: { core } });
  const server = await startWebServer({ rendererDir: folder, port: 0, onConnection });
  const opened = await fetch(server.url, { redirect: "manual" });
  const cookie = opened.headers.get("set-cookie")!.split(";")[0]!;
  const socket = new WebSocket(`${server.origin.replace("http", "ws")}/rpc`, { headers: { cookie, origin: server.origin } });
  cleanups.push(
    () => server.close(),
    () => socket.close(),
  );
  return createORPCClient(new SocketLink({ websocket: socket as unknown as globalThis.WebSocket }));
}

/** What became of a call, as both transports should tell it. */
async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (thrown) {
    const { code, message, data, status } = thrown as { code: unknown; message: unknown; data: unknown; status: unknown };
    return { code, message, data, status };
  }
}

beforeAll(async () => {
  core = openCore({ workspaceDir: join(folder, "workspace"), ...corePlaces(root, import.meta.filename) });
  clients.port = overPort();
  clients.socket = await overSocket();
  const { jobId } = await clients.port.sources.import({ paths: [dataset] });
  await core.jobs.ended(jobId);
  for (const job of core.jobs.list()) await core.jobs.ended(job.id);
});
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  await core.close();
});

const page = { offset: 0, limit: 5 };
const CALLS: readonly (readonly [name: string, call: (client: Client) => Promise<unknown>])[] = [
  ["workspace.get", (client) => client.workspace.get()],
  ["jobs.list", (client) => client.jobs.list()],
  ["jobs.cancel of no job", (client) => client.jobs.cancel({ id: "J-99999" })],
  ["sources.list", (client) => client.sources.list()],
  ["sources.ledger", (client) => client.sources.ledger({ sourceId: 1, ...page })],
  ["sources.import of no file", (client) => client.sources.import({ paths: ["/nowhere/rows.jsonl"] })],
  ["sources.browse", (client) => client.sources.browse({ path: folder })],
  ["trajectories.list", (client) => client.trajectories.list({ filter: {}, ...page })],
  ["trajectories.list with words", (client) => client.trajectories.list({ filter: { text: 'Oslo "on monday"' }, ...page })],
  ["trajectories.facets", (client) => client.trajectories.facets({ filter: {} })],
  ["trajectories.get", async (client) => client.trajectories.get({ id: await firstId(client) })],
  ["trajectories.get of none", (client) => client.trajectories.get({ id: "T-99999" })],
  ["trajectories.tokens", async (client) => client.trajectories.tokens({ id: await firstId(client) })],
  ["runs.presets", (client) => client.runs.presets()],
  ["runs.list", (client) => client.runs.list()],
  ["runs.get of none", (client) => client.runs.get({ id: "R-99999" })],
  ["evaluations.list", (client) => client.evaluations.list({})],
  ["failures.get of none", (client) => client.failures.get({ id: "F-99999" })],
  ["input that does not hold", (client) => client.trajectories.list({ filter: {}, offset: -1, limit: 5 })],
  ["a procedure that is not there", (client) => (client as unknown as { no: { such: () => Promise<unknown> } }).no.such()],
];

async function firstId(client: Client): Promise<string> {
  return (await client.trajectories.list({ filter: {}, ...page })).rows[0]!.id;
}

describe("both transports", () => {
  it.each(CALLS)("answer alike: %s", async (_name, call) => {
    const [port, socket] = [await outcome(() => call(clients.port)), await outcome(() => call(clients.socket))];
    expect(socket).toEqual(port);
    expect(port).not.toEqual({ value: undefined });
  });

  it("carry our errors with code, parameters and fix", async () => {
    for (const client of Object.values(clients)) {
      const { code, data } = (await outcome(() => client.sources.import({ paths: ["/nowhere/rows.jsonl"] }))) as {
        code: string;
        data: unknown;
      };
      expect(code).toBe("E_FILE_NOT_FOUND");
      expect(data).toMatchObject({ code, params: { path: "/nowhere/rows.jsonl" }, fix: expect.stringContaining("path") });
    }
  });

  it("refuse input that does not hold before anything is done", async () => {
    for (const client of Object.values(clients)) {
      expect(await outcome(() => client.sources.import({ paths: [] }))).toMatchObject({ code: "BAD_REQUEST" });
    }
    expect(core.jobs.list().filter(({ kind }) => kind === "import")).toHaveLength(1);
  });

  it("stream the same news, and a listener that leaves ends its stream", async () => {
    const firstNews = async (client: Client) => {
      for await (const news of await client.jobs.news({ since: 0 })) return news;
      throw new Error("no news");
    };
    expect(await firstNews(clients.socket)).toEqual(await firstNews(clients.port));
  });

  it("end a stream when its signal is aborted", async () => {
    for (const client of Object.values(clients)) {
      const leaving = new AbortController();
      const listen = async () => {
        for await (const _news of await client.jobs.news({ since: 0 }, { signal: leaving.signal })) leaving.abort();
      };
      await expect(listen()).rejects.toThrow(/abort/i);
    }
  });
});
