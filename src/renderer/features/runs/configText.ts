/** @file The run's settings as the YAML file and the command line that mean the same. */
import type { RunConfig } from "#contracts/run.ts";

type Setting = RunConfig[keyof RunConfig];

/** A plain YAML scalar where that is unambiguous, a quoted one otherwise. */
function yamlScalar(value: Setting): string {
  if (typeof value !== "string") return String(value);
  const isPlain = /^[A-Za-z_./][\w./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|~)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

export function toYaml(config: RunConfig): string {
  return Object.entries(config)
    .map(([key, value]) => `${key}: ${yamlScalar(value)}\n`)
    .join("");
}

function shellWord(text: string): string {
  return /^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Only what differs from the preset is set, so that the line stays readable. */
export function toCommandLine(config: RunConfig, presetConfig: RunConfig): string {
  const changed = (Object.keys(config) as (keyof RunConfig)[]).filter((key) => key !== "preset" && config[key] !== presetConfig[key]);
  const settings = changed.map((key) => `--set ${shellWord(`${key}=${String(config[key])}`)}`);
  return ["npm run callsmith -- train", `--preset ${shellWord(config.preset)}`, ...settings].join(" \\\n  ");
}
