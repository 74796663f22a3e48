/** @file Measurements as processes: memory is measured of each alone, and nothing is warm from the one before. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { trainerEnvironment } from "#services/trainerEnvironment.ts";

/**
 * Runs a program that prints its result as JSON on standard output; its standard error is passed on.
 *
 * @throws where it ends with anything but 0
 */
export function inProcess<T>(command: string, args: readonly string[], env = process.env): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(JSON.parse(text) as T);
      else reject(new Error(`the measurement "${args.slice(0, 2).join(" ")}" ended with ${signal ?? code}`));
    });
  });
}

/** One of the measurements in this folder, in the environment of a trainer. */
export const measureWith = <T>(script: string, ...args: string[]): Promise<T> =>
  inProcess<T>(process.execPath, [join(import.meta.dirname, script), ...args], trainerEnvironment());

/** Ours, the peer, ours, the peer: what else the machine does meets both alike. */
export async function alternate<A, B>(
  repeats: number,
  ours: () => Promise<A>,
  peer: (() => Promise<B>) | null,
): Promise<{ readonly ours: readonly A[]; readonly peer: readonly B[] }> {
  const [a, b]: [A[], B[]] = [[], []];
  for (let i = 0; i < repeats; i++) {
    a.push(await ours());
    if (peer !== null) b.push(await peer());
  }
  return { ours: a, peer: b };
}
