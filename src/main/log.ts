/** @file The log of the desktop shell: what main and the processes it started had to say, one file, the one before it kept. */
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const MAX_BYTES = 5 << 20;

export type Log = (source: string, text: string) => void;

export function openLog(directory: string): Log {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "callsmith.log");
  if (existsSync(file) && statSync(file).size > MAX_BYTES) renameSync(file, join(directory, "callsmith.1.log"));
  const stream = createWriteStream(file, { flags: "a" });
  stream.on("error", () => {}); // a full disk must not end the program that would say so
  return (source, text) => {
    for (const line of text.split("\n")) if (line !== "") stream.write(`${new Date().toISOString()} ${source}: ${line}\n`);
  };
}
