/** @file Pause, resume and stop of a run, obeyed between micro-steps. */

export class TrainControl {
  #stopping = false;
  #paused = false;
  #wake: (() => void) | null = null;

  get isPaused(): boolean {
    return this.#paused;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  pause(): void {
    if (!this.#stopping) this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
    this.#wake = null;
  }

  /** Ends a pause, too. */
  stop(): void {
    this.#stopping = true;
    this.resume();
  }

  /** Settles at once unless paused, else when resumed or stopped. */
  async whileUnpaused(): Promise<void> {
    if (!this.#paused) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
