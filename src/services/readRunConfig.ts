/** @file A run's configuration from the words of a command line: preset, file, settings. */
import { readFile } from "node:fs/promises";
import type { RunConfig } from "#contracts/run.ts";
import { resolveRunConfig } from "#core/training/resolveRunConfig.ts";

export interface RunConfigWords {
  readonly preset?: string | undefined;
  /** Path of a YAML file. */
  readonly file?: string | undefined;
  /** `key=value` each. */
  readonly settings: readonly string[];
}

/** @throws E_CONFIG_INVALID naming the setting that does not hold */
export async function readRunConfig({ preset, file, settings }: RunConfigWords): Promise<RunConfig> {
  const fileText = file === undefined ? undefined : await readFile(file, "utf8");
  return resolveRunConfig({ preset, fileText, overrides: settings });
}
