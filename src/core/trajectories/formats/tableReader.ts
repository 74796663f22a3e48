/** @file Rows of a table, whatever format they are in: the first row that is recognised decides for the file. */
import type { ImportFormat } from "#contracts/imports.ts";
import type { JsonObject } from "#contracts/json.ts";
import { refusal } from "../refusal.ts";
import { createReader } from "./createReader.ts";
import { readRow, type FormatReader, type InputRow, type Settled } from "./format.ts";
import { describeRow, recognise } from "./recognise.ts";
import { isTableRow, readTableRow } from "./tableRow.ts";

export interface TableReader {
  push(place: InputRow, row: JsonObject): readonly Settled[];
  finish(): readonly Settled[];
}

export function createTableReader(): TableReader {
  let reader: { readonly format: ImportFormat; readonly rows: FormatReader } | undefined;
  return {
    push(place, row) {
      const { rowIndex, byteOffset, byteLength } = place;
      const text = JSON.stringify(row);
      if (isTableRow(row)) {
        const result = readRow(place, text, readTableRow);
        return [result.ok ? { kind: "trajectory", ...result.value, rows: [{ ...place, outcome: "taken", changes: [] }] } : result.settled];
      }
      const format = recognise(row)?.format;
      if (reader === undefined && format !== undefined) reader = { format, rows: createReader(format) };
      if (reader === undefined) {
        return [{ kind: "refused", row: place, refusal: refusal("E_ROW_SHAPE", { detail: describeRow(row) }, byteOffset) }];
      }
      return reader.rows.push(rowIndex, byteOffset, byteLength, text);
    },
    finish: () => reader?.rows.finish() ?? [],
  };
}
