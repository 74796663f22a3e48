/** @file Numbers of 16 bits, as bit patterns: IEEE 754 half precision (F16) and the upper half of a float32 (BF16). */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Every half-precision number as a float32, by its bit pattern; made on first use. */
let halfValues: Float32Array | undefined;

function valueOfHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function halfToFloat(halves: Uint16Array): Float32Array {
  const table = (halfValues ??= Float32Array.from({ length: 65536 }, (_, half) => valueOfHalf(half)));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]!]!;
  return floats;
}

/** Rounds to the nearest half, ties to even. Beyond 65,519 it becomes infinite: callers check first. */
export function floatToHalf(floats: Float32Array): Uint16Array {
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    float[0] = floats[i]!;
    halves[i] = halfOfBits(bits[0]!);
  }
  return halves;
}

function halfOfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // below 2^-14 a half counts in steps of 2^-24
    float[0] = Math.abs(float[0]!) * 2 ** 24;
    const scaled = float[0];
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  // adding half a step, less one where the kept part is even, rounds ties to even; a carry into the exponent is what it should be
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

export function bfloatToFloat(bfloats: Uint16Array): Float32Array {
  const words = new Uint32Array(bfloats.length);
  for (let i = 0; i < bfloats.length; i++) words[i] = bfloats[i]! << 16;
  return new Float32Array(words.buffer);
}
