/**
 * @file Requests to the Hugging Face hub, or to another that speaks the same words.
 *
 * Redirects are followed by hand: the token stays with the hub's own origin, and nothing is fetched over plain HTTP but from this machine.
 */
import { AppError } from "#contracts/errors.ts";

export interface Hub {
  readonly endpoint: URL;
  /** Sent to the endpoint's origin only; in no message and no file. */
  readonly token: string | undefined;
  /** Wait before attempt `n` (from 1) after a failed one, in milliseconds. */
  readonly retryDelayMs: (attempt: number) => number;
}

const DEFAULT_ENDPOINT = "https://huggingface.co";

/** `HF_ENDPOINT` and `HF_TOKEN`, the variables that Hugging Face's own programs read. @throws E_HUB_UNREACHABLE */
export function hubFromEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Hub {
  const address = env["HF_ENDPOINT"] || DEFAULT_ENDPOINT;
  const endpoint = URL.parse(address);
  if (endpoint === null || !isSafe(endpoint))
    throw new AppError("E_HUB_UNREACHABLE", { endpoint: address, detail: "HF_ENDPOINT has to be an address that starts with https://" });
  return { endpoint, token: env["HF_TOKEN"] || undefined, retryDelayMs: (attempt) => Math.min(60_000, 1000 * 2 ** (attempt - 1)) };
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const isSafe = (url: URL): boolean => url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));

/** An address on the hub; `path` segments are encoded by the caller. */
export const hubUrl = (hub: Hub, path: string): URL => new URL(`${hub.endpoint.href.replace(/\/+$/, "")}/${path}`);

/** A failure that may pass: a cut connection, a busy hub. */
export class Transient extends Error {
  readonly error: AppError;
  /** What the hub asked to wait, in milliseconds. */
  readonly waitMs: number | undefined;
  constructor(error: AppError, waitMs?: number) {
    super(error.message, { cause: error });
    this.error = error;
    this.waitMs = waitMs;
  }
}

export interface HubResponse {
  readonly response: Response;
  /** Identity of the content: the hub's own tag where a redirect leads to storage that has another. Without quotes. */
  readonly etag: string | null;
}

const MAX_REDIRECTS = 5;

/**
 * One GET, redirects followed. Success comes back, and so does 416: the range asked for lies behind the end.
 *
 * @param what  named in errors, as in `facebook/opt-350m`
 * @throws Transient; AppError where trying again would not help
 */
export async function get(
  hub: Hub,
  start: URL,
  what: string,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<HubResponse> {
  let url = start;
  let linkedTag: string | null = null;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const authorization: Record<string, string> =
      hub.token !== undefined && url.origin === hub.endpoint.origin ? { authorization: `Bearer ${hub.token}` } : {};
    // a compressed answer would have other bytes than the range asked for
    const request = { redirect: "manual", signal, headers: { ...headers, "accept-encoding": "identity", ...authorization } } as const;
    const response = await fetch(url, request).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new Transient(unreachable(url, cause));
    });
    linkedTag ??= response.headers.get("x-linked-etag");
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      url = new URL(location, url);
      if (!isSafe(url))
        throw new AppError("E_HUB_ANSWER", { what, detail: `it leads to ${url.protocol}//${url.host}, which is not encrypted` });
      continue;
    }
    if (response.status >= 400 && response.status !== 416) {
      await response.body?.cancel();
      throw refusalOf(hub, url, what, response);
    }
    return { response, etag: (linkedTag ?? response.headers.get("etag"))?.replace(/^W\/|"/g, "") ?? null };
  }
  throw new AppError("E_HUB_ANSWER", { what, detail: `it redirects more than ${MAX_REDIRECTS} times` });
}

/** Only the origin is told: the rest of a storage address may be signed. */
export function unreachable(url: URL, cause: unknown): AppError {
  return new AppError("E_HUB_UNREACHABLE", { endpoint: url.origin, detail: reasonOf(cause) }, { cause });
}

function reasonOf(thrown: unknown): string {
  const { code, message, cause } = thrown as { code?: unknown; message?: unknown; cause?: unknown };
  if (cause !== undefined && cause !== null) return reasonOf(cause);
  const words: Readonly<Record<string, string>> = {
    ENOTFOUND: "its name is not known here; is there a network?",
    EAI_AGAIN: "its name is not known here; is there a network?",
    ECONNREFUSED: "it refuses connections",
    ECONNRESET: "the connection was cut",
    UND_ERR_SOCKET: "the connection was cut",
    ETIMEDOUT: "it does not answer",
    UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  };
  return words[String(code)] ?? String(message ?? thrown);
}

function refusalOf(hub: Hub, url: URL, model: string, { status, headers }: Response): Error {
  const endpoint = hub.endpoint.origin;
  // the hub answers 401 for what does not exist, so that private names cannot be told from free ones; its own code is clearer
  const code = headers.get("x-error-code") ?? "";
  if (status === 404 || /NotFound$/.test(code)) {
    const detail =
      code === "RevisionNotFound"
        ? "there is no such revision"
        : code === "EntryNotFound"
          ? "there is no such file"
          : "there is none of this name that may be seen";
    return new AppError("E_HUB_NOT_FOUND", { endpoint, model, detail });
  }
  if (status === 401 || status === 403) {
    const detail =
      code === "GatedRepo"
        ? "its terms have to be accepted first"
        : hub.token === undefined
          ? "it asks for a token"
          : "the token in HF_TOKEN may not read it";
    return new AppError("E_HUB_DENIED", { model, detail: `${detail} (status ${status})` });
  }
  if (status === 429 || status === 408 || status >= 500) {
    const seconds = Number(headers.get("retry-after") ?? NaN);
    const waitMs = Number.isFinite(seconds) ? Math.min(300, Math.max(0, seconds)) * 1000 : undefined;
    return new Transient(
      unreachable(url, new Error(status === 429 ? "it asks for fewer requests (status 429)" : `it answers with status ${status}`)),
      waitMs,
    );
  }
  return new AppError("E_HUB_ANSWER", { what: model, detail: `it has status ${status}` });
}

const MAX_ATTEMPTS = 6;

/** Tries again after what may pass, waiting longer each time; attempts that got further do not count. */
export async function withRetries<T>(
  hub: Hub,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  { progress = () => 0, onWait = () => undefined }: { readonly progress?: () => number; readonly onWait?: (reason: string) => void } = {},
): Promise<T> {
  let failures = 0;
  let reached = progress();
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof Transient)) throw thrown;
      failures = progress() > reached ? 1 : failures + 1;
      reached = Math.max(reached, progress());
      if (failures >= MAX_ATTEMPTS) throw thrown.error;
      onWait(thrown.error.message);
      await pause(thrown.waitMs ?? hub.retryDelayMs(failures), signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
  signal.throwIfAborted();
}
