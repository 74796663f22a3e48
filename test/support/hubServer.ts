/**
 * @file A model hub on this machine: the listing, small files at its own address, large ones behind a redirect to storage with another
 * origin and other tags. What can go wrong with a real one is switched on by `faults`.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface HubFaults {
  /** Large files: connections are cut after so many bytes, one entry a connection. */
  cuts: number[];
  /** Large files: the connection stays open after so many bytes and sends no more. */
  stallAfter: number | null;
  /** Large files: a number is changed on the way, so many times. */
  damages: number;
  ignoresRanges: boolean;
  /** Statuses given instead of an answer, one a request, with their headers. */
  refusals: { status: number; headers?: Record<string, string> }[];
  /** Where large files are said to lie, instead of at the storage server. */
  storage: string | null;
}

export interface SeenRequest {
  readonly server: "hub" | "storage";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface HubServer {
  readonly endpoint: string;
  readonly faults: HubFaults;
  readonly seen: SeenRequest[];
  /** By name; may be changed between requests. */
  readonly files: Map<string, Buffer>;
  readonly commit: string;
  close(): Promise<void>;
}

const LARGE = /\.(safetensors|bin)$/;
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const gitSha1 = (bytes: Buffer): string => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

/** Serves the files of a folder as the repository `name`. */
export async function startHub(name: string, folder: string): Promise<HubServer> {
  const files = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  const faults: HubFaults = { cuts: [], stallAfter: null, damages: 0, ignoresRanges: false, refusals: [], storage: null };
  const seen: SeenRequest[] = [];

  const note = (server: SeenRequest["server"], request: IncomingMessage): string => {
    const { range, authorization } = request.headers;
    seen.push({ server, path: request.url!, range, authorization });
    return decodeURIComponent(request.url!);
  };

  const storage = createServer((request, response) => {
    const bytes = files.get(note("storage", request).split("/").at(-1)!)!;
    const sent = Buffer.from(bytes);
    if (faults.damages > 0) {
      faults.damages--;
      sent[sent.length >> 1]! ^= 1;
    }
    const start = faults.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (start >= sent.length && start > 0) return void response.writeHead(416).end();
    const headers = { etag: '"tag-of-the-storage"', "content-length": sent.length - start };
    if (start > 0) response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${sent.length - 1}/${sent.length}` });
    else response.writeHead(200, headers);
    const cut = faults.cuts.shift();
    if (cut !== undefined) cutAfter(response, sent.subarray(start, start + cut));
    else if (faults.stallAfter !== null) response.write(sent.subarray(start, start + faults.stallAfter));
    else response.end(sent.subarray(start));
  });
  const storageOrigin = await listen(storage);

  const hub = createServer((request, response) => {
    const path = note("hub", request);
    const refusal = faults.refusals.shift();
    if (refusal !== undefined) return void response.writeHead(refusal.status, refusal.headers).end();
    if (path.startsWith(`/api/models/${name}/revision/`)) return sendJson(response, { sha: COMMIT, siblings: [...files].map(listed) });
    const file = path.startsWith(`/${name}/resolve/${COMMIT}/`) ? path.split("/").at(-1)! : "";
    const bytes = files.get(file);
    if (bytes === undefined) return void response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
    if (!LARGE.test(file)) return void response.writeHead(200, { etag: `"${gitSha1(bytes)}"` }).end(bytes);
    const location = `${faults.storage ?? storageOrigin}/signed/${file}`;
    response.writeHead(302, { location, "x-linked-etag": `"${sha256(bytes)}"`, "x-linked-size": bytes.length }).end();
  });
  const endpoint = await listen(hub);
  const close = async (): Promise<void> => void (await Promise.all([hub, storage].map(stop)));
  return { endpoint, faults, seen, files, commit: COMMIT, close };
}

function listed([file, bytes]: [string, Buffer]): object {
  const facts = { rfilename: file, size: bytes.length, blobId: gitSha1(bytes) };
  return LARGE.test(file) ? { ...facts, lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } } : facts;
}

/** The bytes get time to arrive: what a client has not read yet may be lost with the connection. */
function cutAfter(response: ServerResponse, bytes: Buffer): void {
  response.write(bytes, () => setTimeout(() => response.destroy(), 30));
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
}
