/** @file The reader of a format by its name. */
import type { ImportFormat } from "#contracts/imports.ts";
import type { FormatReader } from "./format.ts";
import { createOpenaiChatReader } from "./openaiChat.ts";
import { createSharegptReader } from "./sharegpt.ts";
import { createToolbenchTreeReader } from "./toolbenchTree.ts";
import { createToolllamaReader } from "./toolllama.ts";

/** A reader holds the rows of one file; make one for each. */
export function createReader(format: ImportFormat): FormatReader {
  switch (format) {
    case "toolbench-tree":
      return createToolbenchTreeReader();
    case "toolllama":
      return createToolllamaReader();
    case "openai-chat":
      return createOpenaiChatReader();
    case "sharegpt":
      return createSharegptReader();
  }
}
