/** @file How wide the columns of an answer are drawn: by what stands in them, within bounds. */
import type { SqlResult } from "#contracts/procedures/finding.ts";

const PIXELS_PER_CHARACTER = 7.4;
const PADDING = 12;
const [NARROWEST, WIDEST] = [48, 420];
/** Enough to tell; an answer may have many thousands. */
const ROWS_LOOKED_AT = 200;

export interface ColumnShape {
  readonly width: number;
  /** Only numbers stand in it. */
  readonly isNumber: boolean;
}

export function columnShapes({ columns, rows }: SqlResult): readonly ColumnShape[] {
  return columns.map(({ name, isTrajectory }, column) => {
    const values = rows.slice(0, ROWS_LOOKED_AT).map((row) => row[column] ?? null);
    const longest = values.reduce<number>((most, value) => Math.max(most, value === null ? 4 : String(value).length), name.length);
    const width = Math.min(
      WIDEST,
      Math.max(NARROWEST, Math.round(Math.max(longest, isTrajectory ? 8 : 0) * PIXELS_PER_CHARACTER + PADDING)),
    );
    const numbers = values.filter((value) => value !== null);
    return { width, isNumber: !isTrajectory && numbers.length > 0 && numbers.every((value) => typeof value === "number") };
  });
}
