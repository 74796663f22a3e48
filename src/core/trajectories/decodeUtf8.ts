/** @file UTF-8 read strictly: the text, or the first byte that breaks the encoding. */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export type DecodedText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly offset: number };

export function decodeUtf8(bytes: Uint8Array): DecodedText {
  try {
    return { ok: true, text: decoder.decode(bytes) };
  } catch {
    return { ok: false, offset: findInvalidByte(bytes) };
  }
}

/** First byte of the first sequence that RFC 3629 does not allow (overlong forms, surrogates and values above U+10FFFF included). */
function findInvalidByte(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const c = bytes[i]!;
    if (c < 0x80) {
      i++;
      continue;
    }
    const length = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
    if (length === 0 || i + length > bytes.length) return i;
    const second = bytes[i + 1]!;
    const low = c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80;
    const high = c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return i;
    for (let k = 2; k < length; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return i;
    i += length;
  }
  return bytes.length;
}

/** Bytes that the first `end` code units of `text` take in UTF-8; turns an offset in a decoded row into a place in its file. */
export function utf8Length(text: string, end: number = text.length): number {
  let numBytes = 0;
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i);
    // each half of a surrogate pair counts two of the pair's four bytes
    numBytes += c < 0x80 ? 1 : c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 2 : 3;
  }
  return numBytes;
}
