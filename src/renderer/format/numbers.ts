/** @file Numbers, durations, sizes and dates as the screens write them: thousands comma, true minus, units in words. */

const MINUS = "\u2212";
const signed = (text: string): string => text.replace(/^-/, MINUS);

export function formatCount(value: number): string {
  // the locale's own formatter takes longer than the rest of a list's drawing
  return signed(String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ","));
}

/** Losses and norms: three digits after the point, fewer above 100, exponent for the very small. */
export function formatMeasure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  if (size !== 0 && size < 0.0005) return signed(value.toExponential(2));
  if (size >= 1e6) return signed(value.toExponential(2));
  if (size >= 1000) return formatCount(value);
  return signed(value.toFixed(size >= 100 ? 1 : 3));
}

/** Words at an axis tick: three digits at most, an exponent where zeros would fill the margin. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-4))
    return signed(
      value
        .toExponential()
        .replace(/(\.\d\d)\d+e/, "$1e")
        .replace("e+", "e"),
    );
  return signed(String(Number(value.toPrecision(3))));
}

/** Learning rates and other small settings: shortest form that keeps three digits. */
export function formatRateSetting(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5) return formatTick(value);
  return signed(size < 0.001 ? value.toExponential(2).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(3))));
}

export function formatPercent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)}%`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`;
}

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return whole < 600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** `22 November, 13:05`; the year only where it is not this one. */
export function formatDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === now.toDateString()) return `today ${time}`;
  const year = date.getFullYear() === now.getFullYear() ? "" : ` ${date.getFullYear()}`;
  return `${date.getDate()} ${MONTHS[date.getMonth()]}${year}, ${time}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
