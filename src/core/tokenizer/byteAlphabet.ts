/**
 * @file The 256 printable characters that stand for the 256 byte values in a byte-level BPE (GPT-2's `bytes_to_unicode`).
 *
 * Printable Latin-1 bytes stand for themselves; the other 68 take the code points from 256 upwards in byte order, so that a space is
 * U+0120 and a newline U+010A. Vocabularies and merge lists are written in these characters.
 */

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

/** Indexed by byte value. */
export const BYTE_TO_CHAR: readonly string[] = (() => {
  const chars: string[] = [];
  let numShifted = 0;
  for (let byte = 0; byte < 256; byte++) chars.push(String.fromCharCode(isPrintable(byte) ? byte : 256 + numShifted++));
  return chars;
})();

const CHAR_TO_BYTE: ReadonlyMap<string, number> = new Map(BYTE_TO_CHAR.map((char, byte) => [char, byte]));

const utf8 = new TextEncoder();

/** The text's UTF-8 bytes, each as its character; a lone surrogate becomes the three bytes of U+FFFD. */
export function toByteChars(text: string): string {
  let chars = "";
  for (const byte of utf8.encode(text)) chars += BYTE_TO_CHAR[byte]!;
  return chars;
}

/** Inverse of `toByteChars`, or null where a character stands for no byte (added tokens are written as plain text). */
export function fromByteChars(chars: string): Uint8Array | null {
  const bytes = new Uint8Array(chars.length);
  for (let i = 0; i < chars.length; i++) {
    const byte = CHAR_TO_BYTE.get(chars[i]!);
    if (byte === undefined) return null;
    bytes[i] = byte;
  }
  return bytes;
}
