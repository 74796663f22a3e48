/** @file The writer of a format by its name. */
import type { ExportFormat } from "#contracts/imports.ts";
import type { FormatWriter } from "./format.ts";
import { createOpenaiChatWriter } from "./openaiChat.ts";
import { createToolllamaWriter } from "./toolllamaWriter.ts";

export function createWriter(format: ExportFormat): FormatWriter {
  switch (format) {
    case "openai-chat":
      return createOpenaiChatWriter();
    case "toolllama":
      return createToolllamaWriter();
  }
}
