/** @file The people and the questions of review. */
import { userInfo } from "node:os";
import { DEFAULT_SCHEME, type LabelScheme } from "#contracts/review.ts";
import { labelSchemeSchema } from "#contracts/reviewSchemas.ts";
import { AppError } from "#contracts/errors.ts";
import type { Core } from "./core.ts";

const SCHEME = "review.scheme";

export function readScheme(core: Core): LabelScheme {
  const stored = core.store.settings.get(SCHEME);
  return stored === null ? DEFAULT_SCHEME : labelSchemeSchema.parse(JSON.parse(stored));
}

/** Answers to questions that are gone stay with their trajectories, and are shown again when the question comes back. */
export function writeScheme(core: Core, scheme: LabelScheme): LabelScheme {
  requireDistinct(
    scheme.questions.map(({ id }) => id),
    "question",
  );
  for (const { title, options } of scheme.questions)
    requireDistinct(
      options.map(({ id }) => id),
      `answer to "${title}"`,
    );
  core.store.settings.set(SCHEME, JSON.stringify(scheme));
  core.jobs.news.rowsChanged("changes");
  return scheme;
}

function requireDistinct(ids: readonly string[], what: string): void {
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new AppError("E_OPERATION_INVALID", { detail: `there are two of the ${what} "${twice}"` });
}

export function listAnnotators(core: Core): { readonly names: readonly string[]; readonly suggested: string } {
  return { names: core.store.annotators.list().map(({ name }) => name), suggested: suggestedName() };
}

export function addAnnotator(core: Core, name: string): ReturnType<typeof listAnnotators> {
  core.store.annotators.ensure(name);
  core.jobs.news.rowsChanged("changes");
  return listAnnotators(core);
}

export function suggestedName(): string {
  try {
    return userInfo().username || "me";
  } catch {
    // a user without an entry, as in some containers
    return "me";
  }
}
