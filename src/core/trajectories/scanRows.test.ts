import { describe, expect, it } from "vitest";
import { createRowScanner, type ScannedRow } from "./scanRows.ts";

const encoder = new TextEncoder();

type Line = string | { code: string; at: number; offset: number; length: number };

/** Rows as text, refused ones by code and place; `chunkBytes` says how the file is cut. */
function scan(
  file: string | Uint8Array,
  { chunkBytes = 1 << 20, maxRowBytes }: { chunkBytes?: number; maxRowBytes?: number } = {},
): Line[] {
  const bytes = typeof file === "string" ? encoder.encode(file) : file;
  const scanner = createRowScanner(maxRowBytes === undefined ? {} : { maxRowBytes });
  const lines: Line[] = [];
  const chunk = new Uint8Array(chunkBytes);
  const take = (rows: readonly ScannedRow[]): void => {
    for (const row of rows) {
      expect(row.rowIndex).toBe(lines.length);
      if (row.ok) {
        expect([...row.bytes]).toEqual([...bytes.subarray(row.byteOffset, row.byteOffset + row.byteLength)]);
        lines.push(row.text);
      } else lines.push({ code: row.refusal.code, at: row.refusal.byteOffset, offset: row.byteOffset, length: row.byteLength });
    }
  };
  for (let i = 0; i < bytes.length; i += chunkBytes) {
    // the same memory for every chunk: a scanner that kept a view of it would give itself away
    const part = bytes.subarray(i, i + chunkBytes);
    chunk.set(part);
    take(scanner.push(chunk.subarray(0, part.length)));
  }
  take(scanner.finish());
  return lines;
}

const rows = [
  {
    id: "a",
    conversations: [
      { from: "user", value: 'says "hi" \\ and\nleaves }]' },
      { from: "x", value: "" },
    ],
  },
  { id: "b\\", nested: [[{}], { deep: [1, 2] }], text: 'é😀\\"' },
  { id: "c", empty: {}, list: [] },
];
const layouts: Record<string, string> = {
  "compact array": JSON.stringify(rows),
  "pretty array": JSON.stringify(rows, null, 2),
  "pretty array with tabs and CRLF": JSON.stringify(rows, null, "\t").replaceAll("\n", "\r\n"),
  "pretty array without indentation": JSON.stringify(rows, null, 1).replace(/\n +/g, "\n"),
  "array with one row a line": `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`,
  "JSON lines": rows.map((row) => JSON.stringify(row)).join("\n"),
  "JSON lines with empty lines and a BOM": `\ufeff\n${rows.map((row) => JSON.stringify(row)).join("\r\n\r\n")}\n`,
  "objects one after another, pretty-printed": rows.map((row) => JSON.stringify(row, null, 2)).join("\n"),
};

describe("createRowScanner", () => {
  for (const [name, file] of Object.entries(layouts)) {
    it(`finds the rows of a file laid out as ${name}, however it is cut`, () => {
      const found = scan(file);
      expect(found.map((line) => JSON.parse(line as string) as unknown)).toEqual(rows);
      for (let chunkBytes = 1; chunkBytes <= 40; chunkBytes++) expect(scan(file, { chunkBytes })).toEqual(found);
    });

    it(`keeps the whole rows of a file cut anywhere and says that it is cut: ${name}`, () => {
      const bytes = encoder.encode(file);
      const scanner = createRowScanner();
      const places = [...scanner.push(bytes), ...scanner.finish()].map((row) => ({
        from: row.byteOffset,
        to: row.byteOffset + row.byteLength,
      }));
      const isArray = file.startsWith("[");
      for (let cut = 1; cut < bytes.length; cut++) {
        const found = scan(bytes.subarray(0, cut), { chunkBytes: 7 });
        const numWhole = places.filter(({ to }) => to <= cut).length;
        const isCut = isArray ? cut <= bytes.lastIndexOf("]".charCodeAt(0)) : places.some(({ from, to }) => from < cut && cut < to);
        const isInBom = file.startsWith("\ufeff") && cut < 3;
        expect(found.slice(0, numWhole).every((line) => typeof line === "string")).toBe(true);
        expect({ cut, rest: found.slice(numWhole).map((line) => (line as { code: string }).code) }).toEqual({
          cut,
          rest: isInBom ? ["E_ROW_ENCODING"] : isCut ? ["E_ROW_TRUNCATED"] : [],
        });
      }
    });
  }

  it("reads one pretty-printed object whose parts start in the first column", () => {
    const file = '{"messages": [\n{"role": "user"},\n{"role": "assistant"}\n]}';
    expect(scan(file)).toEqual([file]);
  });

  it("finds nothing in an empty file, a blank one and an empty list", () => {
    for (const file of ["", " \n\n", "\ufeff", "[]", "[\n]\n"]) expect(scan(file, { chunkBytes: 1 })).toEqual([]);
  });

  it("says that a list was never closed", () => {
    expect(scan('[{"a":1},\n')).toEqual(['{"a":1}', { code: "E_ROW_TRUNCATED", at: 10, offset: 10, length: 0 }]);
  });

  it("goes on after a damaged line of JSON lines", () => {
    const good = '{"a": "x", "b": {"c": [1, 2]}}';
    for (let cut = 1; cut < good.length; cut++) {
      const broken = good.slice(0, cut);
      const file = [good, broken, good, good].join("\n");
      const found = scan(file);
      expect(found.slice(-1)).toEqual([good]);
      // cut after a comma or bracket of a list, an object may follow by JSON's rules, and one more line is needed to tell
      const isOpenList = /[[,:]\s*$/.test(broken) && cut > 2;
      if (!isOpenList) expect(found).toEqual([good, broken.trim().replace(/,$/, ""), good, good]);
      expect(scan(file, { chunkBytes: 3 })).toEqual(found);
    }
  });

  it("goes on after a damaged row of a pretty-printed array", () => {
    const text = JSON.stringify(rows, null, 2);
    const lines = text.split("\n");
    const second = lines.indexOf("  {", 2);
    const third = lines.indexOf("  {", second + 1);
    for (let line = second + 1; line < third; line++) {
      for (const damaged of [lines[line]!.slice(0, -1), lines[line]!.slice(0, -2), lines[line]!.replace('"', ""), `${lines[line]!}}`]) {
        const file = [...lines.slice(0, line), damaged, ...lines.slice(line + 1)].join("\n");
        const found = scan(file);
        const isGood = (row: unknown) => found.some((l) => typeof l === "string" && l.length > 30 && isSame(l, row));
        expect([damaged, isGood(rows[0]), isGood(rows[2])]).toEqual([damaged, true, true]);
        expect(scan(file, { chunkBytes: 5 })).toEqual(found);
      }
    }
  });

  it("makes a row of what lies between rows, with its place", () => {
    expect(scan('{"a":1}\noops, no JSON\n{"b":2}')).toEqual(['{"a":1}', "oops, no JSON", '{"b":2}']);
    expect(scan('[{"a":1}, 7, "x", {"b":2}]')).toEqual(['{"a":1}', "7", '"x"', '{"b":2}']);
    expect(scan('{"a":1}}\n{"b":2}')).toEqual(['{"a":1}', "}", '{"b":2}']);
    expect(scan("plain text\nof two lines")).toEqual(["plain text", "of two lines"]);
  });

  it("names the byte that is not UTF-8 and goes on", () => {
    const file = new Uint8Array([...encoder.encode('{"a":1}\n{"b":"'), 0xc3, 0x28, ...encoder.encode('"}\n{"c":3}')]);
    expect(scan(file, { chunkBytes: 4 })).toEqual(['{"a":1}', { code: "E_ROW_ENCODING", at: 14, offset: 8, length: 10 }, '{"c":3}']);
  });

  it("refuses a row past the limit without holding it, and goes on after it", () => {
    const big = JSON.stringify({ a: `${"\\\\".repeat(40)}"{`, b: "y".repeat(200), c: [{}] });
    const file = `{"x":1}\n${big}\n{"z":2}`;
    const expected = ['{"x":1}', { code: "E_ROW_TOO_LARGE", at: 108, offset: 8, length: big.length }, '{"z":2}'];
    for (const chunkBytes of [1, 2, 3, 10, 1000]) expect(scan(file, { chunkBytes, maxRowBytes: 100 })).toEqual(expected);
  });

  it("reads a row of 50 MB", () => {
    const scanner = createRowScanner();
    const chunk = encoder.encode("text \\n".repeat(100_000));
    const found = [...scanner.push(encoder.encode('{"a":"'))];
    for (let i = 0; i < 75; i++) found.push(...scanner.push(chunk));
    found.push(...scanner.push(encoder.encode('"}\n{"b":1}')));
    expect(found.map((row) => [row.ok, row.byteOffset, row.byteLength])).toEqual([
      [true, 0, 52_500_008],
      [true, 52_500_009, 7],
    ]);
  });

  it("gives the same rows for any cutting of files damaged at random", () => {
    let seed = 7;
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % n;
    for (let round = 0; round < 400; round++) {
      const file = Object.values(layouts)[random(Object.keys(layouts).length)]!;
      const bytes = encoder.encode(file);
      for (let i = 0; i <= random(3); i++) bytes[random(bytes.length)] = '"{}[]\n\\,x\xff'.charCodeAt(random(10));
      const found = scan(bytes);
      expect(scan(bytes, { chunkBytes: 1 + random(20) })).toEqual(found);
      // whatever is no layout lies in exactly one row
      const covered = new Uint8Array(bytes.length);
      const scanner = createRowScanner();
      for (const row of [...scanner.push(bytes), ...scanner.finish()]) {
        for (let i = row.byteOffset; i < row.byteOffset + row.byteLength; i++) covered[i]!++;
      }
      expect(Math.max(...covered)).toBeLessThanOrEqual(1);
      bytes.forEach((byte, i) => {
        if (covered[i] === 0) expect(" \t\r\n,[]\xef\xbb\xbf").toContain(String.fromCharCode(byte));
      });
    }
  });
});

function isSame(text: string, row: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(row);
  } catch {
    return false;
  }
}
