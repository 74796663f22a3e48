/** @file One configuration from a preset, a YAML file and `key=value` settings: form, file and command line meet here. */
import { parse as parseYaml, YAMLParseError } from "yaml";
import { AppError } from "#contracts/errors.ts";
import { runConfigSchema, runOverridesSchema, type RunConfig } from "#contracts/run.ts";
import { PRESETS } from "./presets.ts";

export interface RunConfigSources {
  /** Wins over a preset named in the file or in a setting. */
  readonly preset?: string | undefined;
  /** Text of a YAML file: a mapping of settings. */
  readonly fileText?: string | undefined;
  /** Settings as an object (a form) or as `key=value` texts (a command line); they win over the file. */
  readonly overrides?: Partial<RunConfig> | readonly string[] | undefined;
}

/** What Hugging Face Trainer and TRL call our settings, for the hint in the error. */
const OTHER_NAMES: Readonly<Record<string, keyof RunConfig>> = {
  numtrainepochs: "epochs",
  lr: "learningRate",
  lrschedulertype: "lrSchedule",
  perdevicetrainbatchsize: "microBatchSize",
  batchsize: "microBatchSize",
  adambeta1: "beta1",
  adambeta2: "beta2",
  adamepsilon: "epsilon",
  maxseqlength: "maxLength",
  evalsteps: "evalEverySteps",
  savesteps: "saveEverySteps",
  savetotallimit: "keepCheckpoints",
  modelnameorpath: "baseModel",
  model: "baseModel",
};

/** @throws E_CONFIG_INVALID naming the setting that does not hold */
export function resolveRunConfig({ preset, fileText, overrides = [] }: RunConfigSources): RunConfig {
  const fromFile = fileText === undefined ? {} : checked(parseFile(fileText));
  const fromSettings = checked(isTexts(overrides) ? parseSettings(overrides) : overrides);
  const name = preset ?? fromSettings.preset ?? fromFile.preset ?? "sample";
  const base = PRESETS.find((candidate) => candidate.name === name);
  if (base === undefined) throw invalid(`preset "${name}" is none of ${PRESETS.map((p) => p.name).join(", ")}`);
  // An object from a form may carry keys that are present and undefined: they name nothing.
  const named = Object.fromEntries(Object.entries({ ...fromFile, ...fromSettings }).filter(([, value]) => value !== undefined));
  return runConfigSchema.parse({ ...base.config, ...named, preset: name });
}

const invalid = (detail: string): AppError => new AppError("E_CONFIG_INVALID", { detail });

const isTexts = (overrides: Partial<RunConfig> | readonly string[]): overrides is readonly string[] => Array.isArray(overrides);

function parseFile(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw invalid(`the file is not YAML: ${error.message.split("\n")[0]}`);
    throw error;
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("the file should hold settings, one `name: value` a line");
  return value as Record<string, unknown>;
}

function parseSettings(texts: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at <= 0) throw invalid(`"${text}" should read name=value`);
      const setting = text.slice(0, at).trim();
      try {
        return [setting, parseYaml(text.slice(at + 1))];
      } catch {
        throw invalid(`the value of ${setting} cannot be read`);
      }
    }),
  );
}

/** The settings alone, each within its range. */
function checked(settings: Record<string, unknown>): Partial<RunConfig> {
  const known = Object.keys(runConfigSchema.shape);
  for (const setting of Object.keys(settings)) {
    if (!known.includes(setting)) throw invalid(`${setting} is not a setting${hint(setting, known)}`);
  }
  const result = runOverridesSchema.safeParse(settings);
  if (result.success) return result.data;
  throw invalid(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

function hint(setting: string, known: readonly string[]): string {
  const plain = setting.toLowerCase().replaceAll(/[-_]/g, "");
  const meant = known.find((name) => name.toLowerCase() === plain) ?? OTHER_NAMES[plain];
  return meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${meant}?`;
}
