/**
 * @file Ctrl-C: what runs is asked to stop and save; asked again after a second, the process ends at once.
 *
 * A terminal sends the signal to every process of the group and npm passes its own on, so signals that come within a second are one.
 */
const ONE_SIGNAL_MS = 1_000;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof EXIT_CODES;

export interface Interrupt {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** 128 + the signal's number once one has come. */
  exitCode(): number | undefined;
  stopListening(): void;
}

export function listenForInterrupt(note: (text: string) => void): Interrupt {
  const controller = new AbortController();
  let first: { at: number; code: number } | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const code = EXIT_CODES[name as Signal];
    if (first === undefined) {
      first = { at: Date.now(), code };
      note("Stopping and saving; press Ctrl-C again to end at once.");
      controller.abort();
    } else if (Date.now() - first.at > ONE_SIGNAL_MS) process.exit(code);
  };
  const names = Object.keys(EXIT_CODES) as Signal[];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => first?.code,
    stopListening: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** Settles with the first signal. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((come) => {
    if (signal.aborted) come();
    else signal.addEventListener("abort", () => come(), { once: true });
  });
}
