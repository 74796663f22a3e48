/** @file Pause, resume and cancel of a job that waits on connections: work asks where it can stop, and can be told at once. */
import type { JobHandle } from "../jobs.ts";

export class PauseSwitch {
  /** Aborted by cancel. */
  readonly signal: AbortSignal;
  readonly #handle: JobHandle;
  /** Aborted by a pause; another one after it. */
  #going = new AbortController();
  #resume: () => void = () => undefined;

  constructor(handle: JobHandle) {
    this.#handle = handle;
    this.signal = handle.signal;
    handle.onPause((pause) => {
      if (pause) return this.#going.abort();
      this.#going = new AbortController();
      this.#resume();
    });
    handle.signal.addEventListener("abort", () => this.#resume());
  }

  get isPaused(): boolean {
    return this.#going.signal.aborted;
  }

  /** Aborted by cancel, and by the next pause: for what cannot wait, such as a connection. */
  get interruption(): AbortSignal {
    return AbortSignal.any([this.signal, this.#going.signal]);
  }

  /** Waits while the job is paused. @throws E_CANCELLED */
  async passed(): Promise<void> {
    this.signal.throwIfAborted();
    if (!this.isPaused) return;
    this.#handle.paused(true);
    await new Promise<void>((resolve) => (this.#resume = resolve));
    this.signal.throwIfAborted();
    this.#handle.paused(false);
  }
}
