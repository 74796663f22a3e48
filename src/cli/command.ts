/** @file What a command is, and how it reads its words. */
import type { ParseArgsConfig } from "node:util";
import { AppError } from "#contracts/errors.ts";
import type { Terminal } from "./terminal.ts";
import type { Place, Workbench } from "./workbench.ts";

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface CommandCall {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C: save, then end. */
  readonly interrupted: AbortSignal;
  readonly place: Place;
  /** Opens the workspace of `--workspace`, or the one named, and waits for its sample set; it is closed after the command. */
  readonly open: (workspaceDir?: string) => Promise<Workbench>;
  /** The same without waiting. */
  readonly openAtOnce: (workspaceDir?: string) => Workbench;
}

export interface Command {
  readonly name: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  /** One line of the list of commands. */
  readonly summary: string;
  /** A line for each option, and what is printed. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** Gives the object that `--json` prints (undefined: it has been printed); words for people go through `terminal.print`. */
  readonly run: (call: CommandCall) => Promise<object | undefined>;
}

/** Wrong use: exit code 2. */
export function usageError(detail: string): AppError {
  return new AppError("E_USAGE", { detail });
}

export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** The one positional argument of a command. */
export function onlyPositional(positionals: readonly string[], what: string): string {
  const [first, ...rest] = positionals;
  if (first === undefined) throw usageError(`${what} is missing`);
  if (rest.length > 0) throw usageError(`"${rest[0]}" is one argument too many`);
  return first;
}

export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
