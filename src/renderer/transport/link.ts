/** @file One link for the life of the page, over connections that may come and go. */
import type { ClientContext, ClientLink, ClientOptions } from "@orpc/client";
import { shallowRef, type ShallowRef } from "vue";
import { AppError } from "#contracts/errors.ts";
import { toAppError } from "./toAppError.ts";

export type ConnectionState = "connecting" | "open" | "lost";

export interface Connection {
  readonly link: ClientLink<ClientContext>;
  /** Settles when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/**
 * Opens a connection when it is told to or the first call needs one, and again, with growing pauses, whenever it is lost. Calls made meanwhile wait;
 * calls cut off by the loss fail with `E_CONNECTION_LOST`, because only the caller knows whether they may be repeated.
 */
export class ReconnectingLink implements ClientLink<ClientContext> {
  readonly state: ShallowRef<ConnectionState> = shallowRef("connecting");
  /** Grows with every connection opened: what was read over an earlier one may be stale. */
  readonly epoch: ShallowRef<number> = shallowRef(0);
  readonly #open: () => Promise<Connection>;
  #current: Promise<Connection> | null = null;

  constructor(open: () => Promise<Connection>) {
    this.#open = open;
  }

  async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>): Promise<unknown> {
    const { link } = await beforeAbort(this.#connect(), options.signal);
    const epoch = this.epoch.value;
    try {
      return await link.call(path, input, options);
    } catch (thrown) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (this.state.value !== "open" || this.epoch.value !== epoch) throw new AppError("E_CONNECTION_LOST", {}, { cause: thrown });
      throw toAppError(thrown);
    }
  }

  /** Opens the connection before the first call needs it. */
  open(): void {
    void this.#connect();
  }

  #connect(): Promise<Connection> {
    this.#current ??= this.#keepTrying();
    return this.#current;
  }

  async #keepTrying(): Promise<Connection> {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const connection = await this.#open();
        this.epoch.value++;
        this.state.value = "open";
        void connection.closed.then(() => {
          this.state.value = "lost";
          this.#current = null;
        });
        return connection;
      } catch {
        this.state.value = "lost";
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}

async function beforeAbort<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
