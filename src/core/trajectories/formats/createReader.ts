/** @file The reader of a format by its name. */
import { AppError } from "#contracts/errors.ts";
import type { ImportFormat } from "#contracts/imports.ts";
import { createApiBankReader } from "./apiBank.ts";
import { createApiBankDialogueReader } from "./apiBankDialogue.ts";
import { createBfclReader } from "./bfcl.ts";
import type { FormatReader } from "./format.ts";
import { createGlaiveReader } from "./glaive.ts";
import { createHermesReader } from "./hermes.ts";
import { createOpenaiChatReader } from "./openaiChat.ts";
import { createSharegptReader } from "./sharegpt.ts";
import { createToolaceReader } from "./toolace.ts";
import { createToolalpacaReader } from "./toolalpaca.ts";
import { createToolbenchTreeReader } from "./toolbenchTree.ts";
import { createToolevalReader } from "./tooleval.ts";
import { createToolllamaReader } from "./toolllama.ts";
import { createTrlReader } from "./trl.ts";
import { createXlamReader } from "./xlam.ts";

/** What lies beside a file and belongs to it. */
export interface ReaderContext {
  /** BFCL: accepted calls. API-Bank's dialogues: what the APIs are. */
  readonly beside?: string;
}

/** A reader holds the rows of one file; make one for each. */
export function createReader(format: ImportFormat, { beside }: ReaderContext = {}): FormatReader {
  switch (format) {
    case "toolbench-tree":
      return createToolbenchTreeReader();
    case "toolllama":
      return createToolllamaReader();
    case "openai-chat":
      return createOpenaiChatReader();
    case "trl":
      return createTrlReader();
    case "sharegpt":
      return createSharegptReader();
    case "hermes":
      return createHermesReader();
    case "tooleval":
      return createToolevalReader();
    case "api-bank":
      return createApiBankReader();
    case "api-bank-dialogue":
      return createApiBankDialogueReader(beside);
    case "toolalpaca":
      return createToolalpacaReader();
    case "bfcl":
      return createBfclReader(beside);
    case "glaive":
      return createGlaiveReader();
    case "xlam":
      return createXlamReader();
    case "toolace":
      return createToolaceReader();
    case "csv":
    case "parquet":
      // tables: their rows are in one of the formats above
      throw new AppError("E_BUG", { detail: `a ${format} file is read as a whole, not row by row` });
  }
}
