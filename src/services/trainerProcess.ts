/** @file A trainer process as the core sees it, and what its end or its error means. */
import { AppError, type ErrorCode } from "#contracts/errors.ts";
import type { FromTrainer, SerializedError, ToTrainer } from "#contracts/trainer.ts";

/** A running trainer process, however it was made. */
export interface TrainerProcess {
  send(message: ToTrainer): void;
  onMessage(listener: (message: FromTrainer) => void): void;
  /** Once; `detail` says how it ended, in words. */
  onExit(listener: (detail: string) => void): void;
  kill(): void;
}

/** Node names the signal; Electron gives what the system told it, where 9 is the same signal. */
const KILLED = /^(signal SIGKILL|exit code (9|137))\b/;
/** What a graphics driver's last words say when it takes the process along. */
const DEVICE_LOST = /device lost|DEVICE_(LOST|REMOVED)/i;

/** A process that ended although nobody asked it to. */
export function endedUnasked(detail: string): AppError {
  if (KILLED.test(detail)) return new AppError("E_TRAINER_KILLED", { detail });
  return new AppError(DEVICE_LOST.test(detail) ? "E_DEVICE_LOST" : "E_TRAINER_LOST", { detail });
}

/** The trainer's error with its code and words; what it could not name stays a bug. */
export function errorOf(error: SerializedError): AppError {
  const known = new AppError(error.code as ErrorCode, error.params);
  if (error.stack !== undefined) known.stack = error.stack;
  return known;
}
