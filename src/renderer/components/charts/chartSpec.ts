/** @file What a chart shows, in the chart's own words; how it is drawn is ECharts' business (chartOption.ts). */
import type { Axis } from "./scale.ts";

/** Name of a colour token without its dashes: `series-1`, `chart-raw`. */
export type ColourName = string;

export interface ChartLine {
  readonly name: string;
  readonly x: readonly number[];
  /** Null: a gap. */
  readonly y: readonly (number | null)[];
  readonly colour: ColourName;
  readonly width: number;
  /** Dash and gap in pixels; absent: solid. */
  readonly dash?: readonly number[];
  /** Written at the line's end, with its last value; absent: no label. */
  readonly endLabel?: string;
}

export interface ChartPoints {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly colour: ColourName;
  readonly shape: "square" | "disc";
  readonly size: number;
  readonly isHollow: boolean;
  readonly endLabel?: string;
}

export interface ChartSpec {
  readonly title: string;
  /** One grey clause beside the title. */
  readonly clause: string;
  /** The sentence that a person who does not see the chart gets. */
  readonly sentence: string;
  /** X runs from 0 to here. */
  readonly xMax: number;
  readonly y: Axis;
  readonly formatY: (value: number) => string;
  readonly lines: readonly ChartLine[];
  readonly points: readonly ChartPoints[];
  /** Ranges of x with a word: warm-up. */
  readonly bands: readonly { readonly from: number; readonly to: number; readonly label: string }[];
  readonly verticals: readonly { readonly x: number; readonly label: string; readonly tone: "plain" | "error" }[];
  readonly levels: readonly { readonly y: number; readonly label: string }[];
  /** Columns and rows of the same numbers as a table. */
  readonly table: {
    readonly columns: readonly string[];
    readonly numRows: number;
    readonly row: (index: number) => readonly string[];
  };
}

/** Room around the plot in pixels. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const LABEL_ROOM = 104;

/** Labels at the line ends need room of their own once the lines come near the right edge. */
export function marginsOf(spec: ChartSpec): Margins {
  const labelled = [...spec.lines, ...spec.points].filter((series) => series.endLabel !== undefined && series.x.length > 0);
  const furthest = Math.max(0, ...labelled.map((series) => series.x.at(-1)!));
  return { left: 54, right: furthest > spec.xMax * 0.78 ? LABEL_ROOM : 16, top: 8, bottom: 22 };
}
