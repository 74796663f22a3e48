/** @file The charts of a run, from its points: what is drawn, marked, labelled and said. */
import type { RunDetail } from "#contracts/procedures/runs.ts";
import type { ChartSpec } from "../../components/charts/chartSpec.ts";
import { fitAxis, type ScaleKind } from "../../components/charts/scale.ts";
import { smoothSeries } from "../../components/charts/smoothing.ts";
import { formatBytes, formatCount, formatMeasure, formatRateSetting, formatTick } from "../../format/numbers.ts";
import type { PointColumns } from "./runPoints.ts";

export interface ChartInput {
  readonly run: RunDetail;
  readonly points: PointColumns;
  /** Learning rate of every planned step; index 0 is step 1. */
  readonly planned: readonly number[];
  readonly smoothing: number;
  readonly lossScale: ScaleKind;
}

/** Last finite value, or null. */
export const lastFinite = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null && Number.isFinite(value)) ?? null;

const xMaxOf = ({ run, points, planned }: ChartInput): number => Math.max(1, run.numSteps ?? 0, planned.length, points.step.at(-1) ?? 0);

function bandsOf({ run }: ChartInput): ChartSpec["bands"] {
  const steps = run.plan?.warmupSteps ?? 0;
  return steps > 0 ? [{ from: 0, to: steps, label: `warm-up, ${formatCount(steps)} ${steps === 1 ? "step" : "steps"}` }] : [];
}
const bare = (bands: ChartSpec["bands"]): ChartSpec["bands"] => bands.map((band) => ({ ...band, label: "" }));

export function lossChart(input: ChartInput): ChartSpec {
  const { run, points, smoothing, lossScale } = input;
  const smoothed = smoothSeries(points.loss, smoothing);
  const evals = run.evals.filter((metrics) => Number.isFinite(metrics.loss));
  const lastLoss = lastFinite(smoothed);
  const lastEval = evals.at(-1);
  const skipped = new Set([...run.skippedSteps, ...points.step.filter((_, i) => points.loss[i] === null)]);
  return {
    title: "Loss",
    clause:
      smoothing > 0
        ? "mean over supervised tokens, nats; grey raw, blue smoothed, squares eval"
        : "mean over supervised tokens, nats; raw, squares eval",
    sentence: lossSentence(input, lastLoss, lastEval),
    xMax: xMaxOf(input),
    y: fitAxis([...points.loss, ...evals.map((metrics) => metrics.loss)], lossScale, { fromZero: true, headroom: 0.12 }),
    formatY: formatTick,
    lines: [
      { name: "raw", x: points.step, y: points.loss, colour: "chart-raw", width: 1 },
      {
        name: "smoothed",
        x: points.step,
        y: smoothed,
        colour: "series-1",
        width: 2,
        ...(lastLoss !== null && { endLabel: `train ${formatMeasure(lastLoss)}` }),
      },
      {
        name: "eval",
        x: evals.map((metrics) => metrics.step),
        y: evals.map((metrics) => metrics.loss),
        colour: "series-2",
        width: 1.4,
        dash: [6, 3],
      },
    ],
    points: [
      {
        name: "eval",
        x: evals.map((metrics) => metrics.step),
        y: evals.map((metrics) => metrics.loss),
        colour: "series-2",
        shape: "square",
        size: 7,
        isHollow: true,
        ...(lastEval && { endLabel: `eval ${formatMeasure(lastEval.loss)}` }),
      },
    ],
    bands: bandsOf(input),
    verticals: [
      ...run.resumedAt.map((step) => ({ x: step, label: "resumed", tone: "plain" as const })),
      ...[...skipped].map((step, i) => ({ x: step, label: i === 0 ? "not finite, step skipped" : "", tone: "error" as const })),
    ],
    levels: [],
    table: {
      columns: ["Step", "Loss", "Smoothed", "Eval loss"],
      numRows: points.step.length,
      row: (i) => [
        formatCount(points.step[i]!),
        formatMeasure(points.loss[i]),
        formatMeasure(smoothed[i]),
        evals.find((metrics) => metrics.step === points.step[i])?.loss.toFixed(3) ?? "",
      ],
    },
  };
}

function lossSentence({ run, points }: ChartInput, last: number | null, evalLoss: { step: number; loss: number } | undefined): string {
  if (points.step.length === 0) return "Loss: no step yet.";
  const parts = [`Loss over ${formatCount(points.step.at(-1)!)} of ${formatCount(run.numSteps ?? points.step.at(-1)!)} steps`];
  const first = points.loss.find((value) => value !== null);
  if (last !== null && first !== undefined) parts.push(`from ${formatMeasure(first)} to ${formatMeasure(last)} smoothed`);
  if (evalLoss !== undefined) parts.push(`eval ${formatMeasure(evalLoss.loss)} at step ${formatCount(evalLoss.step)}`);
  if (run.skippedSteps.length > 0) parts.push(`${run.skippedSteps.length} skipped because not finite`);
  return `${parts.join(", ")}.`;
}

export function learningRateChart(input: ChartInput): ChartSpec {
  const { points, planned, run } = input;
  const plannedSteps = planned.map((_, i) => i + 1);
  const last = points.learningRate.at(-1);
  return {
    title: "Learning rate",
    clause: `planned and actual, ${run.config.lrSchedule}`,
    sentence: `Learning rate, planned ${run.config.lrSchedule} with peak ${formatRateSetting(run.config.learningRate)}${last === undefined ? "" : `, now ${formatRateSetting(last)}`}.`,
    xMax: xMaxOf(input),
    y: fitAxis([...planned, ...points.learningRate, run.config.learningRate], "linear", { fromZero: true, headroom: 0.14 }),
    formatY: (value) => formatRateSetting(Number(value.toPrecision(3))),
    lines: [
      { name: "planned", x: plannedSteps, y: planned, colour: "chart-planned", width: 1.2, dash: [4, 3] },
      {
        name: "actual",
        x: points.step,
        y: points.learningRate,
        colour: "series-1",
        width: 2,
        ...(last !== undefined && { endLabel: formatRateSetting(last) }),
      },
    ],
    points: [],
    bands: bandsOf(input).map((band) => ({ ...band, label: "warm-up" })),
    verticals: [],
    levels: [],
    table: {
      columns: ["Step", "Planned", "Actual"],
      numRows: points.step.length,
      row: (i) => [
        formatCount(points.step[i]!),
        formatRateSetting(planned[points.step[i]! - 1] ?? 0),
        formatRateSetting(points.learningRate[i]!),
      ],
    },
  };
}

export function gradNormChart(input: ChartInput): ChartSpec {
  const { points, run } = input;
  const limit = run.config.maxGradNorm;
  const above = points.step.flatMap((step, i) =>
    points.clipped[i] && points.gradNorm[i] !== null ? [{ step, norm: points.gradNorm[i]! }] : [],
  );
  return {
    title: "Gradient norm",
    clause: "before clipping",
    sentence: `Gradient norm before clipping at ${limit}: ${formatCount(above.length)} of ${formatCount(points.step.length)} steps were clipped.`,
    xMax: xMaxOf(input),
    y: fitAxis(points.gradNorm, "log", { include: limit }),
    formatY: formatTick,
    lines: [{ name: "norm", x: points.step, y: points.gradNorm, colour: "chart-raw", width: 1 }],
    points: [
      {
        name: "clipped",
        x: above.map((point) => point.step),
        y: above.map((point) => point.norm),
        colour: "warning",
        shape: "disc",
        size: 4,
        isHollow: false,
      },
    ],
    bands: bare(bandsOf(input)),
    verticals: points.step.flatMap((step, i) => (points.gradNorm[i] === null ? [{ x: step, label: "", tone: "error" as const }] : [])),
    levels: [{ y: limit, label: `clip ${limit}` }],
    table: {
      columns: ["Step", "Norm", "Clipped"],
      numRows: points.step.length,
      row: (i) => [formatCount(points.step[i]!), formatMeasure(points.gradNorm[i]), points.clipped[i] ? "yes" : "no"],
    },
  };
}

export function throughputChart(input: ChartInput): ChartSpec {
  const { points } = input;
  const last = points.tokensPerSecond.at(-1);
  return {
    title: "Throughput",
    clause: "tokens / s",
    sentence: `Throughput${last === undefined ? ": no step yet" : `, ${formatCount(last)} tokens per second now`}.`,
    xMax: xMaxOf(input),
    y: fitAxis(points.tokensPerSecond, "linear", { fromZero: true }),
    formatY: (value) => (value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Math.round(value))),
    lines: [
      {
        name: "tokens per second",
        x: points.step,
        y: points.tokensPerSecond,
        colour: "series-3",
        width: 1.4,
        ...(last !== undefined && { endLabel: formatCount(last) }),
      },
    ],
    points: [],
    bands: bare(bandsOf(input)),
    verticals: [],
    levels: [],
    table: {
      columns: ["Step", "Tokens / s"],
      numRows: points.step.length,
      row: (i) => [formatCount(points.step[i]!), formatCount(points.tokensPerSecond[i]!)],
    },
  };
}

export function memoryChart(input: ChartInput): ChartSpec {
  const { points } = input;
  const last = points.memoryBytes.at(-1);
  return {
    title: "Memory",
    clause: "of the trainer process",
    sentence: `Memory of the trainer process${last === undefined ? ": no step yet" : `, ${formatBytes(last)} now`}.`,
    xMax: xMaxOf(input),
    y: fitAxis(points.memoryBytes, "linear", { fromZero: true }),
    formatY: (value) => (value === 0 ? "0" : formatBytes(value)),
    lines: [
      {
        name: "memory",
        x: points.step,
        y: points.memoryBytes,
        colour: "series-5",
        width: 1.4,
        ...(last !== undefined && { endLabel: formatBytes(last) }),
      },
    ],
    points: [],
    bands: bare(bandsOf(input)),
    verticals: [],
    levels: [],
    table: {
      columns: ["Step", "Memory"],
      numRows: points.step.length,
      row: (i) => [formatCount(points.step[i]!), formatBytes(points.memoryBytes[i]!)],
    },
  };
}
