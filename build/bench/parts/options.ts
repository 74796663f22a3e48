/** @file Options of the benchmarks: numbers and choices, refused with a sentence where they do not fit. */

/** Wrong use of a benchmark; ends it with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Whether somebody called a benchmark wrongly: by our own check, or by that of Node's `parseArgs`. */
export function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

export function wholeNumber(option: string, text: string, { min = 1, max = Infinity }: { min?: number; max?: number } = {}): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`--${option} takes a whole number ${range}, not "${text}"`);
}

export function fraction(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 1) return value;
  throw new UsageError(`--${option} takes a number above 0 and up to 1, not "${text}"`);
}

export function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${option} takes one of ${choices.join(", ")}, not "${text}"`);
}
