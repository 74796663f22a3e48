/** @file The writer of a format by its name. */
import type { TextFormat } from "#contracts/imports.ts";
import { createApiBankWriter } from "./apiBank.ts";
import { createApiBankDialogueWriter } from "./apiBankDialogue.ts";
import { createBfclWriter } from "./bfcl.ts";
import { createCsvWriter } from "./csv.ts";
import type { FormatWriter } from "./format.ts";
import { createHermesWriter } from "./hermes.ts";
import { createOpenaiChatWriter } from "./openaiChat.ts";
import { createSharegptWriter } from "./sharegpt.ts";
import { createToolalpacaWriter } from "./toolalpaca.ts";
import { createToolbenchTreeWriter } from "./toolbenchTreeWriter.ts";
import { createToolevalWriter } from "./tooleval.ts";
import { createToolllamaWriter } from "./toolllamaWriter.ts";
import { createTrlWriter } from "./trl.ts";

/** Formats that are text; Parquet files and data set folders are written by the services, from `tableRowOf`. */
export function createWriter(format: TextFormat): FormatWriter {
  switch (format) {
    case "openai-chat":
      return createOpenaiChatWriter();
    case "trl":
      return createTrlWriter();
    case "toolllama":
      return createToolllamaWriter();
    case "toolbench-tree":
      return createToolbenchTreeWriter();
    case "sharegpt":
      return createSharegptWriter();
    case "hermes":
      return createHermesWriter();
    case "tooleval":
      return createToolevalWriter();
    case "api-bank":
      return createApiBankWriter();
    case "api-bank-dialogue":
      return createApiBankDialogueWriter();
    case "toolalpaca":
      return createToolalpacaWriter();
    case "bfcl":
      return createBfclWriter();
    case "csv":
      return createCsvWriter();
  }
}
