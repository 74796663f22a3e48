/**
 * @file One trainer at a time in a run's folder. After a crash of the core its trainer lives on for a moment to save a checkpoint; one
 * that resumes the run meanwhile waits for it.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "#contracts/errors.ts";

const LOCK = "trainer.pid";
const POLL_MS = 100;
/** A large model's checkpoint takes its time. */
const TIMEOUT_MS = 300_000;

export interface RunLock {
  release(): Promise<void>;
}

/**
 * Takes the lock, when a trainer that holds it has ended.
 *
 * @param isWanted asked while waiting; false gives up
 * @throws E_RUN_BUSY where it was given up or the other trainer does not end in time
 */
export async function lockRun(runDir: string, isWanted: () => boolean): Promise<RunLock> {
  const path = join(runDir, LOCK);
  for (;;) {
    await untilRunIsFree(runDir, isWanted);
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw AppError.from(error);
    }
  }
}

/** Settles when no living trainer holds the run's folder; takes away the lock of one that died. */
export async function untilRunIsFree(runDir: string, isWanted: () => boolean): Promise<void> {
  const path = join(runDir, LOCK);
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const owner = await readFile(path, "utf8").catch(() => null);
    if (owner === null) return;
    // An empty file is one that is just being written.
    if (owner !== "" && !isAlive(Number(owner))) return rm(path, { force: true });
    if (!isWanted() || Date.now() > deadline) throw new AppError("E_RUN_BUSY", { run: basename(runDir) });
    await delay(POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else may not be signalled, but it is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
