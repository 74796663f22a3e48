/** @file Axes: ranges, 1-2-5 ticks, and where a value lies in pixels. */

export type ScaleKind = "linear" | "log";

export interface Axis {
  readonly kind: ScaleKind;
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/** Three to six round values (1, 2 or 5 times a power of ten) inside [min, max]. */
export function linearTicks(min: number, max: number, target = 4): number[] {
  const span = max - min;
  if (!(span > 0)) return [min];
  const rough = span / target;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((candidate) => candidate >= rough * 0.999) ?? 10 * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** 1-2-5 ticks over the decades; whole decades where there would be too many. */
export function logTicks(min: number, max: number, most = 6): number[] {
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++)
    for (const m of [1, 2, 5]) all.push(Number((m * 10 ** power).toPrecision(12)));
  const inside = all.filter((tick) => tick >= min * 0.999 && tick <= max * 1.001);
  // Within a third of a decade 1-2-5 leaves one tick or none: even steps then say more.
  if (inside.length < 2) return linearTicks(min, max);
  if (inside.length <= most) return inside;
  const decades = inside.filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  const every = Math.ceil(decades.length / most);
  return decades.filter((_, i) => i % every === 0);
}

/**
 * An axis that holds every finite value with a little air; a log axis ignores what is not positive.
 *
 * @param options.headroom share of the axis kept free at its head, for words written there
 */
export function fitAxis(
  values: Iterable<number | null>,
  kind: ScaleKind,
  options: { fromZero?: boolean; include?: number; headroom?: number } = {},
): Axis {
  let min = Infinity;
  let max = -Infinity;
  const look = (value: number | null): void => {
    if (value === null || !Number.isFinite(value) || (kind === "log" && value <= 0)) return;
    if (value < min) min = value;
    if (value > max) max = value;
  };
  for (const value of values) look(value);
  if (options.include !== undefined) look(options.include);
  if (!(min <= max)) return { kind, min: kind === "log" ? 0.1 : 0, max: 1, ticks: kind === "log" ? [0.1, 1] : [0, 1] };
  if (kind === "log") {
    const low = min / 1.15;
    const high = max * 1.15;
    const wide = high / low < 3 ? 3 / (high / low) : 1;
    const axisMin = low / Math.sqrt(wide);
    const axisMax = high * Math.sqrt(wide) * (high / low) ** (options.headroom ?? 0);
    return { kind, min: axisMin, max: axisMax, ticks: logTicks(axisMin, axisMax) };
  }
  const air = (max - min || Math.abs(max) || 1) * 0.08;
  const axisMin = options.fromZero ? Math.min(0, min) : min - air;
  const axisMax = max + air + (max - axisMin) * (options.headroom ?? 0);
  return { kind, min: axisMin, max: axisMax, ticks: linearTicks(axisMin, axisMax) };
}

/** Share of the axis, 0 at its foot and 1 at its head. */
export function positionOn(axis: Axis, value: number): number {
  if (axis.kind === "log") return (Math.log(value) - Math.log(axis.min)) / (Math.log(axis.max) - Math.log(axis.min));
  return (value - axis.min) / (axis.max - axis.min);
}

/** Moves labels apart so that neighbours keep `gap` pixels, staying inside [0, height], order kept. */
export function moveApart(tops: readonly number[], gap: number, height: number): number[] {
  const order = tops.map((top, i) => ({ top, i })).sort((a, b) => a.top - b.top);
  let last = -Infinity;
  for (const label of order) {
    label.top = Math.max(label.top, last + gap);
    last = label.top;
  }
  let ceiling = height;
  for (const label of order.reverse()) {
    label.top = Math.min(label.top, ceiling);
    ceiling = label.top - gap;
  }
  const moved = [...tops];
  for (const label of order) moved[label.i] = label.top;
  return moved;
}
