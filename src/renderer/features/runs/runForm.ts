/** @file The fields of the start form: which settings, in which words, and what makes them wrong. */
import { runConfigSchema, type RunConfig } from "#contracts/run.ts";

export interface FormField {
  readonly key: keyof RunConfig;
  readonly label: string;
  readonly hint?: string;
}

/** The few settings that matter; everything else keeps the preset's value and shows in the YAML. */
export const NUMBER_FIELDS: readonly FormField[] = [
  { key: "epochs", label: "Epochs", hint: "Passes over the training split" },
  { key: "learningRate", label: "Learning rate", hint: "Peak, after the warm-up" },
  { key: "warmupRatio", label: "Warm-up, share of steps" },
  { key: "microBatchSize", label: "Batch, sequences at once" },
  { key: "gradientAccumulationSteps", label: "Accumulation, batches a step" },
  { key: "maxGradNorm", label: "Clip gradients at norm" },
  { key: "maxLength", label: "Max length, tokens" },
  { key: "seed", label: "Seed" },
];

/** Problems by setting, in words; empty: the configuration holds. */
export function checkConfig(config: Readonly<Record<string, unknown>>): Readonly<Partial<Record<keyof RunConfig, string>>> {
  const parsed = runConfigSchema.safeParse(config);
  if (parsed.success) return {};
  const problems: Partial<Record<keyof RunConfig, string>> = {};
  for (const issue of parsed.error.issues) {
    const key = issue.path[0] as keyof RunConfig;
    problems[key] ??= wordsFor(issue);
  }
  return problems;
}

function wordsFor(issue: {
  readonly code: string;
  readonly expected?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly inclusive?: unknown;
  readonly message: string;
}): string {
  if (issue.code === "invalid_type") return issue.expected === "int" ? "Needs a whole number" : "Needs a number";
  if (issue.code === "too_small")
    return issue.inclusive === true ? `Needs ${String(issue.minimum)} or more` : `Needs more than ${String(issue.minimum)}`;
  if (issue.code === "too_big") return `Needs ${String(issue.maximum)} or less`;
  return issue.message;
}
