/** @file Questions about the tools of the data set. */
import type { ToolPage } from "#contracts/tools.ts";
import type { ToolQuestion } from "#store/toolCatalogue.ts";
import type { Core } from "./core.ts";
import { isIndexed } from "./indexContents.ts";
import { continueIndexing } from "./startIndexing.ts";

/** Calls that are not checked yet are missing from it; it says so, and sees to it that they are checked. */
export function listTools(core: Core, question: ToolQuestion): ToolPage {
  const isComplete = isIndexed(core.store);
  if (!isComplete) continueIndexing(core);
  return { ...core.store.tools.page(question), isComplete };
}
