import { describe, expect, it } from "vitest";
import { floatToHalf, halfToFloat } from "./halfPrecision.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const tensors = [
  { name: "first", shape: [2, 3], values: Float32Array.of(1, -2, 0.5, 1e-7, 65504, -0) },
  { name: "second", shape: [1], values: Float32Array.of(3.25) },
];
const join = (chunks: Iterable<Uint8Array>): Uint8Array => Uint8Array.from([...chunks].flatMap((chunk) => [...chunk]));

/** A file with a header of our choice. */
function fileWith(header: unknown, dataLength: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}
const float = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({ dtype: "F32", shape, data_offsets: [begin, end] });

describe("safetensors", () => {
  it("gives back every number of an F32 file and starts its data at a multiple of 8", () => {
    const file = join(encodeSafetensors(tensors, "F32"));
    expect([...decodeSafetensors(file, "m").values()]).toEqual(tensors);
    expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  it("takes a Buffer for what it is, a view into something larger", () => {
    const file = Buffer.concat([Buffer.alloc(3), join(encodeSafetensors(tensors, "F32"))]).subarray(3);
    expect([...decodeSafetensors(file, "m").values()]).toEqual(tensors);
  });

  it("rounds to half precision when asked to", () => {
    const decoded = decodeSafetensors(join(encodeSafetensors(tensors, "F16")), "m");
    expect([...decoded.get("first")!.values]).toEqual([1, -2, 0.5, 2 * 2 ** -24, 65504, -0]);
    expect(() => join(encodeSafetensors([{ name: "big", shape: [1], values: Float32Array.of(7e4) }], "F16"))).toThrow(/tensor big/);
  });

  it("reads BF16", () => {
    const file = fileWith({ a: { dtype: "BF16", shape: [2], data_offsets: [0, 4] } }, 4);
    new DataView(file.buffer).setUint16(file.length - 4, 0x3f80, true);
    new DataView(file.buffer).setUint16(file.length - 2, 0xc000, true);
    expect([...decodeSafetensors(file, "m").get("a")!.values]).toEqual([1, -2]);
  });

  it.each([
    ["an empty file", new Uint8Array(0), /no header length/],
    ["a header longer than the file", fileWith({}, 0).subarray(0, 9), /truncated/],
    ["a header of absurd length", new Uint8Array(16).fill(255), /damaged/],
    ["a header that is not JSON", fileWith("{a", 0), /not valid JSON/],
    ["a tensor cut off by the end", fileWith({ a: float(0, 8) }, 4), /tensor a ends 4 bytes after/],
    ["overlapping tensors", fileWith({ a: float(0, 8), b: float(4, 12) }, 12), /tensor b overlaps/],
    ["a gap", fileWith({ a: float(0, 4), b: float(8, 12) }, 12), /4 unused bytes before tensor b/],
    ["bytes after the last tensor", fileWith({ a: float(0, 4) }, 5), /1 bytes after/],
    ["a shape that does not match its bytes", fileWith({ a: float(0, 8, [3]) }, 8), /tensor a of shape \[3\] needs 12 bytes/],
    ["a type we do not read", fileWith({ a: { dtype: "I64", shape: [1], data_offsets: [0, 8] } }, 8), /tensor a has type I64/],
    ["a negative size", fileWith({ a: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, 4), /tensor a has no valid shape/],
  ])("refuses %s", (_, file, reason) => {
    expect(() => decodeSafetensors(file, "m")).toThrow(reason);
  });
});

describe("half precision", () => {
  it("keeps every one of the 65,536 numbers through float32 and back", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const isNotNumber = (half: number): boolean => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
    const back = floatToHalf(halfToFloat(halves));
    expect(halves.filter((half) => back[half] !== half && !isNotNumber(half))).toEqual(new Uint16Array(0));
  });

  it("rounds ties to even", () => {
    const step = 2 ** -10;
    const rounded = halfToFloat(
      floatToHalf(Float32Array.of(1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step, 1.5 * 2 ** -24, 2.5 * 2 ** -24)),
    );
    expect([...rounded]).toEqual([1, 1 + 2 * step, 1 + step, 2 * 2 ** -24, 2 * 2 ** -24]);
  });
});
