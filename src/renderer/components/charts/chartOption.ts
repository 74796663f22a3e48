/** @file From a chart's own words to ECharts' options. A log axis is drawn as a linear one over logarithms, so that its ticks are ours. */
import type { ChartOption } from "./echarts.ts";
import { decimate } from "./decimate.ts";
import { linearTicks, type Axis } from "./scale.ts";
import type { ChartSpec, ColourName, Margins } from "./chartSpec.ts";

export type Paint = (name: ColourName) => string;

export interface DrawSize {
  /** Width of the plot in pixels, margins taken off. */
  readonly plotWidth: number;
  readonly margins: Margins;
}

/** Where a value lies on the axis as drawn; null for what a log axis cannot show. */
function placed(axis: Axis, value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  if (axis.kind === "linear") return value;
  return value > 0 ? Math.log10(value) : null;
}

export function chartOption(spec: ChartSpec, paint: Paint, { plotWidth, margins }: DrawSize): ChartOption {
  const { y: axis } = spec;
  const at = (value: number): number => placed(axis, value) ?? 0;
  const ticks = axis.ticks.map(at);
  const steps = linearTicks(0, spec.xMax, Math.max(2, Math.floor(plotWidth / 90)));
  const label = { color: paint("text-2"), fontFamily: paint("font-sans"), fontSize: 11, fontWeight: 500 as const };
  const halo = { textBorderColor: paint("bg-surface"), textBorderWidth: 3 };
  const lines = spec.lines.map((line) => ({
    type: "line" as const,
    name: line.name,
    data: decimate({ x: line.x, y: line.y.map((value) => placed(axis, value)) }, [0, spec.xMax], plotWidth),
    // A line of one point would be nothing at all.
    showSymbol: line.x.length === 1,
    symbol: "circle",
    symbolSize: 5,
    itemStyle: { color: paint(line.colour) },
    silent: true,
    lineStyle: { color: paint(line.colour), width: line.width, ...(line.dash && { type: [...line.dash] }) },
    z: 3,
  }));
  const points = spec.points.map((series) => ({
    type: "scatter" as const,
    name: series.name,
    data: series.x.map((x, i) => [x, at(series.y[i]!)]),
    symbol: series.shape === "square" ? "rect" : "circle",
    symbolSize: series.size,
    silent: true,
    itemStyle: series.isHollow
      ? { color: paint("bg-surface"), borderColor: paint(series.colour), borderWidth: 2 }
      : { color: paint(series.colour) },
    z: 4,
  }));
  const marks = {
    type: "line" as const,
    name: "marks",
    data: [],
    silent: true,
    markArea: {
      silent: true,
      itemStyle: { color: paint("chart-band") },
      label: { ...label, ...halo, position: "insideTopLeft" as const, distance: 4 },
      data: spec.bands.map((band): [object, object] => [{ name: band.label, xAxis: band.from }, { xAxis: band.to }]),
    },
    markLine: {
      silent: true,
      symbol: "none",
      data: [
        ...spec.verticals.map((mark) => ({
          name: mark.label,
          xAxis: mark.x,
          lineStyle:
            mark.tone === "error"
              ? { color: paint("error"), type: "solid" as const, width: 1.5 }
              : { color: paint("text-3"), type: [3, 3], width: 1 },
          label: {
            ...label,
            ...halo,
            ...(mark.tone === "error" && { color: paint("error"), fontWeight: 600 as const }),
            show: mark.label !== "",
            formatter: mark.label,
            rotate: 0,
            align: "left" as const,
            position: (mark.tone === "error" ? "start" : "end") as "start" | "end",
            offset: mark.tone === "error" ? [5, -14] : [5, 12],
          },
        })),
        ...spec.levels.map((level) => ({
          name: level.label,
          yAxis: at(level.y),
          lineStyle: { color: paint("text"), type: [5, 4], width: 1.2 },
          label: {
            ...label,
            ...halo,
            color: paint("text"),
            fontWeight: 600 as const,
            formatter: level.label,
            position: "insideEndTop" as const,
          },
        })),
      ],
    },
    z: 2,
  };
  return {
    animation: false,
    // The plot lies exactly where the margins say: crosshair and labels are laid over it by the same numbers.
    grid: { ...margins, containLabel: false, outerBoundsMode: "none" },
    xAxis: {
      type: "value",
      min: 0,
      max: spec.xMax,
      // At the foot of the plot, wherever zero lies on the other axis.
      axisLine: { onZero: false, lineStyle: { color: paint("chart-axis") } },
      axisTick: { show: true, length: 4, customValues: [...steps], lineStyle: { color: paint("chart-axis") } },
      axisLabel: {
        ...label,
        customValues: [...steps],
        formatter: (value: number) => (value === 0 ? "step 0" : value.toLocaleString("en-GB")),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: at(axis.min),
      max: at(axis.max),
      axisLine: { show: true, onZero: false, lineStyle: { color: paint("chart-axis") } },
      axisTick: { show: false, customValues: [...ticks] },
      axisLabel: {
        ...label,
        customValues: [...ticks],
        formatter: (value: number) => spec.formatY(axis.kind === "log" ? Number((10 ** value).toPrecision(6)) : value),
      },
      splitLine: { lineStyle: { color: paint("chart-grid") } },
    },
    series: [...lines, ...points, marks],
  };
}
