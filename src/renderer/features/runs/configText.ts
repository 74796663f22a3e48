/** @file The run's settings as the YAML file and the command line that mean the same. */
import type { RunConfig } from "#contracts/run.ts";

type Setting = RunConfig[keyof RunConfig];

/** A plain YAML scalar where that is unambiguous, a quoted one otherwise; a list on one line. */
function yamlValue(value: Setting): string {
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value !== "string") return String(value);
  const isPlain = /^[A-Za-z_./][\w./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|~)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

export function toYaml(config: RunConfig): string {
  return Object.entries(config)
    .map(([key, value]) => `${key}: ${yamlValue(value)}\n`)
    .join("");
}

function shellWord(text: string): string {
  return /^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Only what differs from the preset is set, so that the line stays readable. */
export function toCommandLine(config: RunConfig, presetConfig: RunConfig): string {
  const text = (value: Setting): string => (Array.isArray(value) ? JSON.stringify(value) : String(value));
  const changed = (Object.keys(config) as (keyof RunConfig)[]).filter(
    (key) => key !== "preset" && text(config[key]) !== text(presetConfig[key]),
  );
  const settings = changed.map((key) => `--set ${shellWord(`${key}=${text(config[key])}`)}`);
  return ["npm run callsmith -- train", `--preset ${shellWord(config.preset)}`, ...settings].join(" \\\n  ");
}
