/**
 * @file Rows in Hugging Face's spelling: `messages` with arguments as objects, which is how its templates and TRL take them, and `tools` as a
 * list or as JSON text. Rows that an export as a table wrote come back as they were.
 */
import { oneByOne, type FormatReader, type FormatWriter } from "./format.ts";
import { messagesWriter, readMessagesRow } from "./openaiChat.ts";
import { isTableRow, readTableRow } from "./tableRow.ts";

export function createTrlReader(): FormatReader {
  return oneByOne((row, rowText) => (isTableRow(row) ? { ...readTableRow(row), changes: [] } : readMessagesRow(row, rowText, "trl")));
}

export function createTrlWriter(): FormatWriter {
  return messagesWriter("trl", "TRL rows");
}
