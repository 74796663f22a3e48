/**
 * @file Finds the records of a CSV file of any size without holding more than one. Only quotes and line breaks are looked at; the cells
 * are read by `formats/csvText.ts`. A quote opens a cell only where the cell begins, so that `5" pipe` is one plain cell.
 */
import { decodeUtf8 } from "./decodeUtf8.ts";
import { refusal } from "./refusal.ts";
import { MAX_ROW_BYTES, type RowScanner, type ScannedRow } from "./scanRows.ts";

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];
/** Comma, tab, semicolon, bar. */
const DELIMITERS = new Set([0x2c, 0x09, 0x3b, 0x7c]);
const BOM = [0xef, 0xbb, 0xbf];

/** The first record is the header; it comes out as a row too. */
export function createCsvScanner({ maxRowBytes = MAX_ROW_BYTES }: { readonly maxRowBytes?: number } = {}): RowScanner {
  let found: ScannedRow[] = [];
  let rowIndex = 0;
  let pending: Uint8Array = new Uint8Array(0);
  let base = 0;
  let at = 0;
  let numDropped = 0;
  let cell: "start" | "plain" | "quoted" | "closed" = "start";

  function emit(end: number, isTruncated: boolean): void {
    let bytes = pending.subarray(0, end);
    while (bytes.length > 0 && (bytes.at(-1) === LF || bytes.at(-1) === CR)) bytes = bytes.subarray(0, -1);
    const skipped = base === 0 && numDropped === 0 && BOM.every((byte, i) => bytes[i] === byte) ? BOM.length : 0;
    bytes = bytes.subarray(skipped);
    const byteOffset = base + skipped - numDropped;
    const byteLength = bytes.length + numDropped;
    const isBlank = byteLength === 0;
    if (!isBlank || isTruncated) {
      const place = { rowIndex: rowIndex++, byteOffset, byteLength };
      if (byteLength > maxRowBytes) {
        const params = { bytes: byteLength, limit: maxRowBytes };
        found.push({ ...place, ok: false, refusal: refusal("E_ROW_TOO_LARGE", params, byteOffset + maxRowBytes) });
      } else if (isTruncated) {
        found.push({ ...place, ok: false, bytes, refusal: refusal("E_ROW_TRUNCATED", {}, byteOffset + byteLength) });
      } else {
        const decoded = decodeUtf8(bytes);
        if (decoded.ok) found.push({ ...place, ok: true, text: decoded.text, bytes });
        else
          found.push({
            ...place,
            ok: false,
            bytes,
            refusal: refusal("E_ROW_ENCODING", { offset: byteOffset + decoded.offset }, byteOffset + decoded.offset),
          });
      }
    }
    base += end;
    pending = pending.subarray(end);
    at = 0;
    numDropped = 0;
    cell = "start";
  }

  function scan(): void {
    for (; at < pending.length; at++) {
      const c = pending[at]!;
      const isTooLong = at + numDropped > maxRowBytes;
      if (c === QUOTE) cell = cell === "quoted" ? "closed" : cell === "start" || cell === "closed" ? "quoted" : cell;
      // a quote that is never closed would swallow the rest of the file: past the limit a line break ends the record all the same
      else if (c === LF && (cell !== "quoted" || isTooLong)) {
        emit(at + 1, false);
        at = -1;
      } else if (cell !== "quoted") cell = DELIMITERS.has(c) ? "start" : c === CR ? cell : "plain";
    }
    if (at + numDropped > maxRowBytes) {
      numDropped += at;
      base += at;
      pending = new Uint8Array(0);
      at = 0;
    }
  }

  return {
    push(chunk) {
      found = [];
      const whole = new Uint8Array(pending.length + chunk.length);
      whole.set(pending);
      whole.set(chunk, pending.length);
      pending = whole;
      scan();
      return found;
    },
    finish() {
      found = [];
      if (pending.length > 0 || numDropped > 0) emit(pending.length, cell === "quoted");
      return found;
    },
  };
}
