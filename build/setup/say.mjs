/** @file Words to the person at the terminal, on standard error so that standard output stays for results; and child processes. */
import { spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** One line of progress. */
export function say(text) {
  process.stderr.write(`[callsmith] ${text}\n`);
}

/** A failure with a sentence that tells what to do; shown without a stack. */
export class SetupError extends Error {}

const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const SIGNALS = Object.keys(SIGNAL_CODES);

/** Runs an entry, turning a `SetupError` into its sentence and exit code 1. */
export function runEntry(entry) {
  entry().then(
    (code) => {
      process.exitCode = code ?? 0;
    },
    (error) => {
      process.stderr.write(error instanceof SetupError ? `[callsmith] ${error.message}\n` : `${error.stack}\n`);
      process.exitCode = 1;
    },
  );
}

/**
 * Runs a program to its end and gives `{ code, output }`; `code` is null where it could not be started or ran out of time.
 *
 * `quiet` keeps its output (returned, for the sentence that explains a failure); otherwise it goes to this terminal. `toStderr` sends
 * standard output there too. Signals are passed on, and this process waits for the child to end in its own way. (In a terminal the
 * child gets Ctrl-C twice, from the terminal and from here: our programs take signals within a second of each other as one.)
 */
export function runProgram(file, args, { env = process.env, quiet = false, toStderr = false, timeoutMs = 0, cwd = root } = {}) {
  return new Promise((done) => {
    const stdio = quiet ? ["ignore", "pipe", "pipe"] : ["inherit", toStderr ? 2 : "inherit", "inherit"];
    const child = spawn(file, args, { cwd, env, stdio });
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const relay = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, relay);
    const timer = timeoutMs > 0 ? setTimeout(() => child.kill("SIGKILL"), timeoutMs) : undefined;
    const end = (code, extra = "") => {
      clearTimeout(timer);
      for (const signal of SIGNALS) process.off(signal, relay);
      done({ code, output: output + extra });
    };
    child.on("error", (error) => end(null, String(error)));
    child.on("close", (code, signal) => end(code ?? SIGNAL_CODES[signal] ?? null));
  });
}

/** The last lines of a program's output, for a sentence. */
export function tail(output, lines = 3) {
  return output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-lines)
    .join(" | ");
}
