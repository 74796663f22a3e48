/** @file Cells of CSV text, by Papa Parse: RFC 4180 with whatever delimiter the text uses. */
import Papa from "papaparse";

/** Rows of cells; empty lines are left out. */
export function readCsv(text: string, delimiter = ""): readonly (readonly string[])[] {
  return Papa.parse<string[]>(text, { delimiter, skipEmptyLines: true }).data;
}

/** The delimiter that the first lines of a text use. */
export const delimiterOf = (text: string): string =>
  Papa.parse<string[]>(text, { preview: 5, delimitersToGuess: [",", "\t", ";", "|"] }).meta.delimiter;

export const writeCsvRow = (cells: readonly string[]): string => `${Papa.unparse([[...cells]], { newline: "\r\n" })}\r\n`;
