/** @file The help page of errors, made from the table that the product raises them from. */
import { ERRORS, type ErrorClass, type ErrorParams } from "#contracts/errors.ts";

const CLASSES: Readonly<Record<ErrorClass, string>> = {
  user: "yours to change",
  expected: "the world's doing",
  bug: "ours",
};

/** Every parameter as its own name: `{path} does not exist.` */
const names = new Proxy({} as ErrorParams, { get: (_target, name) => `{${String(name)}}` });

/** Markdown, one section for each code, in the order of the table. */
export function errorsPage(): string {
  const sections = Object.entries(ERRORS).map(
    ([code, { class: errorClass, why, fix }]) => `## ${code}\n\n${why(names)}\n\n**What to do.** ${fix}\n\n(${CLASSES[errorClass]})\n`,
  );
  return [
    "# Errors\n",
    "Every error has a code, a reason and a fix. Names in braces stand for the path, row or setting at hand. The page, the command line",
    "and the ledger of an import show the same words. This page is made by `node build/docs/writeErrorsPage.ts`.\n",
    ...sections,
  ].join("\n");
}
