/**
 * @file Finds the rows of a file of any size without holding more than one row: a JSON array of objects (pretty-printed or not),
 * JSON lines (whatever the file is called), or one JSON object.
 *
 * Only brackets, quotes and line breaks are looked at; whether a row is valid JSON is its reader's business. What lies between rows
 * and is no row comes out as a row too, so that every byte of the file that is not layout has its line in the ledger.
 *
 * After damage the scan finds its feet again by two facts: a string of valid JSON holds no line break, and rows that start their line
 * all start in the same column. In a file without line breaks a missing quote is found only where the brackets come out even again.
 */
import { decodeUtf8 } from "./decodeUtf8.ts";
import { refusal, type Refusal } from "./refusal.ts";

export const MAX_ROW_BYTES = 64 * 1024 * 1024;

interface RowPlace {
  /** Counts rows from 0, refused ones included. */
  readonly rowIndex: number;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** `bytes` are borrowed: they are good until the next `push`. */
export type ScannedRow =
  | (RowPlace & { readonly ok: true; readonly text: string; readonly bytes: Uint8Array })
  /** `bytes` are absent where the row was too large to hold. */
  | (RowPlace & { readonly ok: false; readonly refusal: Refusal; readonly bytes?: Uint8Array });

export interface RowScanner {
  /** Takes the next part of the file, cut anywhere; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): ScannedRow[];
  /** The file has ended: what is left of the last row. */
  finish(): ScannedRow[];
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const SMALL_BUFFER = 1024 * 1024;
const BOM = [0xef, 0xbb, 0xbf];
const isBlank = (c: number): boolean => c === 0x20 || c === 0x09 || c === 0x0d;
const mayFollowString = (c: number): boolean =>
  c === COMMA || c === COLON || c === CLOSE_BRACE || c === CLOSE_BRACKET || c === LF || isBlank(c);
const isLayout = (c: number): boolean => isBlank(c) || c === LF || c === COMMA;

/**
 * - `between`: outside of any row.
 * - `row`, `string`: inside a row, outside or inside of quotes.
 * - `lost`: after something that cannot be, on the way to the next row.
 */
type State = "between" | "row" | "string" | "lost";

export function createRowScanner({ maxRowBytes = MAX_ROW_BYTES }: { readonly maxRowBytes?: number } = {}): RowScanner {
  let buffer = new Uint8Array(SMALL_BUFFER);
  /** The bytes of `buffer` in use; the first one is byte `base` of the file. */
  let bytes = buffer.subarray(0, 0);
  let base = 0;
  let at = 0;
  let state: State = "between";
  let isLast = false;
  let found: ScannedRow[] = [];
  let rowIndex = 0;

  let isInArray = false;
  /** Column of a row that is the first thing on its line; -1 until such a row was seen. */
  let rowColumn = -1;
  let lineStart = 0;
  let isLineBlank = true;
  let hasMultiLineRows = false;

  let start = 0;
  let stringStart = 0;
  let depth = 0;
  let numLines = 0;
  /** Parts of this row start in the column of the row itself, so a column alone does not tell rows from their parts. */
  let isFlat = false;
  /** Quotes of this row do not pair up as JSON's do: from here on its strings are searched for line breaks, which costs time. */
  let isSuspect = false;
  /** Bytes of a row that is too large to hold, already let go. */
  let numDropped = 0;
  /** Whether the bracket open at each depth is a list's. */
  const isList = new Uint8Array(1024);

  function push(chunk: Uint8Array): ScannedRow[] {
    found = [];
    append(chunk);
    scan();
    return found;
  }

  function finish(): ScannedRow[] {
    found = [];
    isLast = true;
    scan();
    if (state !== "between") emit(bytes.length, state !== "lost");
    else if (isInArray) {
      // the list was never closed: rows may be missing, and that must not pass in silence
      start = at = bytes.length;
      numDropped = 0;
      emit(start, true);
    }
    return found;
  }

  function append(chunk: Uint8Array): void {
    const keepFrom = state === "between" ? at : start;
    const kept = bytes.subarray(keepFrom);
    const length = kept.length + chunk.length;
    if (length > buffer.length || (buffer.length > 8 * SMALL_BUFFER && length < SMALL_BUFFER)) {
      buffer = new Uint8Array(Math.max(SMALL_BUFFER, 2 * length));
      buffer.set(kept);
    } else buffer.copyWithin(0, keepFrom, bytes.length);
    buffer.set(chunk, kept.length);
    bytes = buffer.subarray(0, length);
    base += keepFrom;
    at -= keepFrom;
    start -= keepFrom;
    stringStart -= keepFrom;
    lineStart -= keepFrom;
  }

  function scan(): void {
    for (;;) {
      const needsMore = state === "between" ? scanBetween() : state === "lost" ? scanLost() : scanRow();
      if (state !== "between" && at - start + numDropped > maxRowBytes) letGo();
      if (needsMore) return;
    }
  }

  /** A row past the limit must not fill the memory: its bytes go, its place and nesting stay known. */
  function letGo(): void {
    let keep = at;
    // a run of backslashes decides whether the quote after it closes the string; two of them cancel out
    if (state === "string") {
      while (keep > stringStart && bytes[keep - 1] === BACKSLASH) keep--;
      keep += (at - keep) & ~1;
    }
    numDropped += keep - start;
    start = keep;
    stringStart = Math.max(stringStart, keep);
  }

  /** @returns true where more bytes are needed, as do the other states */
  function scanBetween(): boolean {
    if (base + at === 0) {
      if (bytes.length < BOM.length && !isLast) return true;
      if (BOM.every((byte, i) => bytes[i] === byte)) at = lineStart = BOM.length;
    }
    for (; at < bytes.length; at++) {
      const c = bytes[at]!;
      if (c === LF) {
        lineStart = at + 1;
        isLineBlank = true;
      } else if (!isBlank(c)) {
        // a list at the top is the frame of the file; after rows it would be a row that should not be there
        if (c === OPEN_BRACKET && !isInArray && rowIndex === 0) isInArray = true;
        else if (c === CLOSE_BRACKET && isInArray) isInArray = false;
        else if (c !== COMMA) {
          begin(c);
          return false;
        }
        isLineBlank = false;
      }
    }
    return true;
  }

  function begin(first: number): void {
    start = at;
    numDropped = 0;
    numLines = 0;
    isFlat = false;
    isSuspect = false;
    depth = 0;
    if (first === OPEN_BRACE && isLineBlank && rowColumn === -1) rowColumn = at - lineStart;
    isLineBlank = false;
    state = first === OPEN_BRACE || first === OPEN_BRACKET ? "row" : "lost";
  }

  function scanRow(): boolean {
    // the hot loop: everything it touches for each byte is local
    const data = bytes;
    const end = data.length;
    let i = at;
    let level = depth;
    let isInString = state === "string";
    let textStart = stringStart;
    let nextLf = -1;
    for (;;) {
      if (isInString) {
        const quote = data.indexOf(QUOTE, i);
        if (isSuspect) {
          if (nextLf < i) {
            const lf = data.indexOf(LF, i);
            nextLf = lf === -1 ? end : lf;
          }
          if (nextLf < (quote === -1 ? end : quote)) {
            // no string of valid JSON goes past its line: the row is damaged
            at = nextLf;
            depth = level;
            state = rowColumn === -1 ? "row" : "lost";
            return false;
          }
        }
        if (quote === -1 || quote + 1 === end) {
          at = quote === -1 ? end : quote;
          depth = level;
          stringStart = textStart;
          state = "string";
          return true;
        }
        let run = quote;
        while (run > textStart && data[run - 1] === BACKSLASH) run--;
        i = quote + 1;
        if (((quote - run) & 1) === 1) continue;
        isInString = false;
        if (!isSuspect && !mayFollowString(data[i]!)) {
          // what was taken for the end of a string is more likely the start of one: read the row again, minding its lines
          isSuspect = true;
          if (numDropped === 0) {
            i = start;
            nextLf = -1;
            level = 0;
            numLines = 0;
            isFlat = false;
          }
        }
        continue;
      }
      if (i >= end) break;
      const c = data[i++]!;
      if (c === QUOTE) {
        isInString = true;
        textStart = i;
      } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        level++;
        isList[level & 1023] = c === OPEN_BRACKET ? 1 : 0;
      } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        if (--level === 0) {
          at = i;
          hasMultiLineRows ||= numLines > 0;
          emit(at, false);
          return false;
        }
      } else if (c === LF) {
        depth = level;
        const isNext = startsRow(i);
        if (isNext !== false) {
          at = i - 1;
          state = "row";
          if (isNext) emit(at, false);
          return !isNext;
        }
        numLines++;
        while (data[i] === SPACE) i++;
      }
    }
    at = end;
    depth = level;
    state = "row";
    return true;
  }

  function scanLost(): boolean {
    const areRowsWholeLines = rowColumn !== -1 && !hasMultiLineRows;
    const areRowsBlocks = rowColumn !== -1 && hasMultiLineRows;
    for (; at < bytes.length; at++) {
      const c = bytes[at]!;
      if (c === LF) {
        const isNext = startsRow(at + 1);
        if (isNext === undefined) return true;
        if (isNext || (depth === 0 && (areRowsWholeLines || rowColumn === -1))) {
          emit(at, false);
          return false;
        }
      } else if (depth === 0 && at > start && !areRowsBlocks && endsLitter(c)) {
        emit(at, false);
        return false;
      }
    }
    return true;
  }

  const endsLitter = (c: number): boolean => c === OPEN_BRACE || (isInArray && (c === COMMA || c === CLOSE_BRACKET));

  /**
   * Whether the line at `index` begins a row, or ends the list: a bracket in the column where rows start.
   *
   * @returns undefined where the bytes at hand end too early to tell
   */
  function startsRow(index: number): boolean | undefined {
    if (rowColumn === -1 || rowColumn > 1024) return false;
    let i = index;
    while (i < bytes.length && i - index < rowColumn && isBlank(bytes[i]!)) i++;
    if (i >= bytes.length) return isLast ? false : undefined;
    const c = bytes[i]!;
    if (i - index < rowColumn) return isInArray && !isFlat && c === CLOSE_BRACKET;
    if (state === "lost") return c === OPEN_BRACE || (isInArray && c === CLOSE_BRACKET);
    if (numLines === 0 && (c === QUOTE || (c === OPEN_BRACE && mayHoldObject(index)))) isFlat = true;
    if (c === OPEN_BRACE) return !isFlat || !mayHoldObject(index);
    return isInArray && !isFlat && c === CLOSE_BRACKET;
  }

  /** Whether JSON's own rules allow an object after what comes before `index`. */
  function mayHoldObject(index: number): boolean {
    let i = index - 1;
    while (i > start && (isBlank(bytes[i]!) || bytes[i] === LF)) i--;
    const c = bytes[i];
    return c === COLON || (isList[depth & 1023] === 1 && (c === COMMA || c === OPEN_BRACKET));
  }

  /** Hands out the row that ends before `end`; layout at its end is no part of it. */
  function emit(end: number, isTruncated: boolean): void {
    let last = end;
    while (last > start && isLayout(bytes[last - 1]!)) last--;
    const byteOffset = base + start - numDropped;
    const byteLength = last - start + numDropped;
    const place = { rowIndex: rowIndex++, byteOffset, byteLength };
    state = "between";
    if (numDropped > 0 || byteLength > maxRowBytes) {
      const params = { bytes: byteLength, limit: maxRowBytes };
      found.push({ ...place, ok: false, refusal: refusal("E_ROW_TOO_LARGE", params, byteOffset + maxRowBytes) });
      return;
    }
    const rowBytes = bytes.subarray(start, last);
    if (isTruncated) {
      found.push({ ...place, ok: false, bytes: rowBytes, refusal: refusal("E_ROW_TRUNCATED", {}, byteOffset + byteLength) });
      return;
    }
    const decoded = decodeUtf8(rowBytes);
    if (decoded.ok) found.push({ ...place, ok: true, text: decoded.text, bytes: rowBytes });
    else {
      const offset = byteOffset + decoded.offset;
      found.push({ ...place, ok: false, bytes: rowBytes, refusal: refusal("E_ROW_ENCODING", { offset }, offset) });
    }
  }

  return { push, finish };
}
