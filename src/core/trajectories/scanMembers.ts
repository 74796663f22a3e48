/**
 * @file Finds the members of a file that is one JSON object, without holding more than one: each comes out as an object of its own,
 * `{"key": value}`. Whether a member is valid JSON is its reader's business.
 *
 * After damage the scan finds its feet again where members begin their line: all in one column, in which nothing deeper begins.
 */
import { decodeUtf8 } from "./decodeUtf8.ts";
import { refusal } from "./refusal.ts";
import { MAX_ROW_BYTES, type RowScanner, type ScannedRow } from "./scanRows.ts";

const [LF, QUOTE, COMMA, BACKSLASH] = [0x0a, 0x22, 0x2c, 0x5c];
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const isBlank = (c: number): boolean => c === 0x20 || c === 0x09 || c === 0x0d || c === LF;

export function createMemberScanner({ maxRowBytes = MAX_ROW_BYTES }: { readonly maxRowBytes?: number } = {}): RowScanner {
  let found: ScannedRow[] = [];
  let rowIndex = 0;
  /** Bytes of the member at hand, and where its first one lies. */
  let parts: Uint8Array[] = [];
  let [length, start] = [0, 0];
  let base = 0;
  /** `lost`: in a member whose quotes do not pair up, on the way to the next one. */
  let state: "before" | "between" | "member" | "lost" | "after" = "before";
  let depth = 0;
  let [isInString, isEscaped] = [false, false];
  let column = 0;
  let [isLineBlank, memberColumn] = [true, -1];

  function emit(isTruncated: boolean): void {
    let bytes = join(parts);
    while (bytes.length > 0 && isBlank(bytes.at(-1)!)) bytes = bytes.subarray(0, -1);
    const place = { rowIndex: rowIndex++, byteOffset: start, byteLength: Math.max(bytes.length, Math.min(length, maxRowBytes + 1)) };
    state = "between";
    parts = [];
    if (length > maxRowBytes) {
      const params = { bytes: length, limit: maxRowBytes };
      found.push({ ...place, ok: false, refusal: refusal("E_ROW_TOO_LARGE", params, start + maxRowBytes) });
      return;
    }
    place.byteLength = bytes.length;
    if (isTruncated) {
      found.push({ ...place, ok: false, bytes, refusal: refusal("E_ROW_TRUNCATED", {}, start + bytes.length) });
      return;
    }
    const decoded = decodeUtf8(bytes);
    if (decoded.ok) found.push({ ...place, ok: true, text: `{${decoded.text}}`, bytes });
    else
      found.push({
        ...place,
        ok: false,
        bytes,
        refusal: refusal("E_ROW_ENCODING", { offset: start + decoded.offset }, start + decoded.offset),
      });
  }

  function begin(at: number): void {
    state = "member";
    start = at;
    length = 0;
    depth = 0;
    [isInString, isEscaped] = [false, false];
    if (isLineBlank && memberColumn === -1) memberColumn = column;
  }

  function scan(chunk: Uint8Array): void {
    let from = 0;
    const take = (to: number): void => {
      length += to - from;
      if (length <= maxRowBytes) parts.push(chunk.slice(from, to));
      else parts = [];
      from = to;
    };
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk[i]!;
      const startsLine = isLineBlank && !isBlank(c) && column === memberColumn;
      // a quote in the column of the members: what came before it was not closed
      const isNext =
        startsLine && c === QUOTE && memberColumn > 0 && (state === "lost" || (state === "member" && (depth > 0 || isInString)));
      if (isNext) {
        take(i);
        emit(false);
      }
      // a string of valid JSON holds no line break
      if (state === "member" && isInString && c === LF && memberColumn > 0) state = "lost";
      if (state === "member") {
        if (isInString) {
          if (isEscaped) isEscaped = false;
          else if (c === BACKSLASH) isEscaped = true;
          else if (c === QUOTE) isInString = false;
        } else if (c === QUOTE) isInString = true;
        else if (OPEN.has(c)) depth++;
        else if (CLOSE.has(c) || c === COMMA) {
          const isEnd = depth === 0;
          if (CLOSE.has(c) && !isEnd) depth--;
          if (isEnd) {
            take(i);
            emit(false);
            if (c !== COMMA) state = "after";
          }
        }
      } else if (state === "lost") {
        // the next member is all that is looked for
      } else if (state === "before") {
        if (c === 0x7b) state = "between";
      } else if (!isBlank(c) && c !== COMMA && !(state === "between" && CLOSE.has(c))) {
        from = i;
        begin(base + i);
        if (c === QUOTE) isInString = true;
      } else if (CLOSE.has(c)) state = "after";
      if (c === LF) [column, isLineBlank] = [0, true];
      else {
        column++;
        if (!isBlank(c)) isLineBlank = false;
      }
    }
    if (state === "member" || state === "lost") take(chunk.length);
    base += chunk.length;
  }

  return {
    push(chunk) {
      found = [];
      scan(chunk);
      return found;
    },
    finish() {
      found = [];
      if (state === "member" || state === "lost") emit(state === "member");
      else if (state === "between") {
        // the object was never closed: members may be missing
        [start, length] = [base, 0];
        emit(true);
      }
      return found;
    },
  };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
