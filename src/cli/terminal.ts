/** @file Where words go: results to standard output, everything else to standard error. */
import type { AppError } from "#contracts/errors.ts";

const PROGRESS_EVERY_MS = 5_000;

export interface Terminal {
  /** For people; silent with `--json`. */
  print(text: string): void;
  /** Rewrites one line of a terminal; elsewhere a line every few seconds and at every change of `phase`. */
  progress(phase: string, text: string): void;
  /** Ends the line that `progress` keeps rewriting. */
  endProgress(): void;
  note(text: string): void;
}

export function openTerminal({ isJson }: { readonly isJson: boolean }): Terminal {
  const isTty = process.stderr.isTTY;
  let last = { phase: "", at: 0 };
  let isOpenLine = false;
  const endProgress = (): void => {
    if (isOpenLine) process.stderr.write("\n");
    isOpenLine = false;
  };
  return {
    print: (text) => {
      if (!isJson) process.stdout.write(`${text}\n`);
    },
    progress: (phase, text) => {
      if (isTty) {
        process.stderr.write(`\r\u001b[2K${text.slice(0, Math.max(20, process.stderr.columns - 1))}`);
        isOpenLine = true;
      } else if (phase !== last.phase || Date.now() - last.at >= PROGRESS_EVERY_MS) {
        last = { phase, at: Date.now() };
        process.stderr.write(`${text}\n`);
      }
    },
    endProgress,
    note: (text) => {
      endProgress();
      process.stderr.write(`${text}\n`);
    },
  };
}

/** `--json`: one object on standard output, whole before the process ends. */
export function printJson(value: object): Promise<void> {
  return new Promise((written) => process.stdout.write(`${JSON.stringify(value)}\n`, () => written()));
}

/** Code, why and fix; with `--json` as an object too. */
export async function printError(error: AppError, { isJson }: { readonly isJson: boolean }): Promise<void> {
  const { code, message, fix } = error.toJSON();
  process.stderr.write(`${code}: ${message}\n  ${fix}\n`);
  if (error.class === "bug" && error.stack !== undefined) {
    const cause = error.cause instanceof Error ? error.cause.stack : undefined;
    process.stderr.write(`${cause ?? error.stack}\n`);
  }
  if (isJson) await printJson({ error: { code, message, fix } });
}
