/**
 * @file A training step, ours and with `--peer torch` PyTorch's, on the same weights and rows.
 *
 * Options: `--shape opt-350m|opt-125m|tiny|sample`, `--tokens N` (256), `--steps N` (3 measured after one that is not), `--repeats N` (2 processes
 * of each side, alternating), `--supervised SHARE` (0.03), `--peer torch`, `--dtype fp32|bf16` (the peer's), `--threads N` (the peer's; all
 * processors), `--models DIR` (keeps the drawn model there).
 */
import { parseArgs } from "node:util";
import { alternate } from "./parts/inProcess.ts";
import { fraction, oneOf, wholeNumber } from "./parts/options.ts";
import { trainOurs, trainPeer } from "./parts/randomTraining.ts";
import { configOf, SHAPES, withModel, type Shape } from "./parts/shapes.ts";
import { isOldTorch, PEER_OPTIONS, peerSettings, TORCH_MISSING, wantedTorch, type PeerSettings, type Torch } from "./parts/torch.ts";
import { lossDifference, RECIPE, type Precision, type StepMeasured, type TrainingMeasured } from "./parts/work.ts";
import { atLeast, atMost, informs, median, notMeasured, type Bench, type BenchOutcome, type Measure } from "./report.ts";

interface Settings extends PeerSettings {
  readonly shape: Shape;
  readonly numTokens: number;
  readonly numSteps: number;
  readonly repeats: number;
  readonly supervisedShare: number;
  readonly models: string | undefined;
}

export const bench: Bench = async ({ args, note }) => {
  const settings = settingsOf(args);
  const torch = wantedTorch(settings, note);
  return withModel(settings.shape, settings.models, async (modelDir) => {
    // the first step is there to get warm
    const training = { ...settings, modelDir, numSteps: settings.numSteps + 1 };
    const { ours, peer } = await alternate(
      settings.repeats,
      () => trainOurs(training),
      torch === null ? null : () => trainPeer(training, torch, settings),
    );
    return outcomeOf(settings, torch, ours, peer);
  });
};

/** @throws UsageError */
export function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shape: { type: "string", default: "opt-350m" },
      tokens: { type: "string", default: "256" },
      steps: { type: "string", default: "3" },
      repeats: { type: "string", default: "2" },
      supervised: { type: "string", default: "0.03" },
      ...PEER_OPTIONS,
      models: { type: "string" },
    },
  });
  const shape = oneOf("shape", values.shape, SHAPES);
  return {
    shape,
    numTokens: wholeNumber("tokens", values.tokens, { min: 2, max: configOf(shape).maxPositionEmbeddings }),
    numSteps: wholeNumber("steps", values.steps),
    repeats: wholeNumber("repeats", values.repeats),
    supervisedShare: fraction("supervised", values.supervised),
    ...peerSettings(values),
    models: values.models,
  };
}

/** Median over a process's steps, the first left out: it compiles, loads and fills caches. */
const perStep = ({ steps }: TrainingMeasured, of: (step: StepMeasured) => number): number => median(steps.slice(1).map(of));
const secondsPerStep = (measured: TrainingMeasured): number => perStep(measured, ({ seconds }) => seconds);
const cpuPerStep = (measured: TrainingMeasured): number => perStep(measured, ({ cpuSeconds }) => cpuSeconds);

const GIGA = 1e9;

export function outcomeOf(
  settings: Settings,
  torch: Torch | null,
  ours: readonly TrainingMeasured[],
  peer: readonly TrainingMeasured[],
): BenchOutcome {
  const { shape, numTokens, numSteps, repeats, wantsPeer } = settings;
  const name = `training step, ${shape}, ${numTokens} tokens`;
  const measures: Measure[] = [];
  const ratios = peer.map((each, i) => secondsPerStep(each) / secondsPerStep(ours[i]!));
  if (wantsPeer) measures.push(ratioMeasure(settings, torch, ratios));
  measures.push(informs(name, ours.map(secondsPerStep), "s"));
  if (peer.length > 0) measures.push(informs("the same, PyTorch", peer.map(secondsPerStep), "s"));
  measures.push(informs("processor time of a step", ours.map(cpuPerStep), "s"));
  if (peer.length > 0) measures.push(informs("processor time of a step, PyTorch", peer.map(cpuPerStep), "s"));
  measures.push(
    informs(
      "tokens per second",
      ours.map((each) => numTokens / secondsPerStep(each)),
      "",
    ),
    informs("first step, graphs compiled", firstSeconds(ours), "s"),
    informs("peak memory", peaks(ours), "GB"),
  );
  if (peer.length > 0) {
    measures.push(
      informs("peak memory, PyTorch", peaks(peer), "GB"),
      agreement(
        settings.precision,
        ours.map((each, i) => lossDifference(each, peer[i]!)),
      ),
    );
  }
  const conditions = [
    `Ours: ${ours[0]!.engine}, fp32; logits at the supervised positions (${percent(settings.supervisedShare)} of tokens).`,
    ...(peer[0] === undefined ? [] : [`Peer: ${peer[0].engine}; logits at all positions.`]),
    ...(wantsPeer && torch === null ? [TORCH_MISSING] : []),
    `Batch 1, rows of exactly ${numTokens} tokens: nothing padded, nothing cut. AdamW, clipping at ${RECIPE.maxGradNorm}, no dropout. Median of ${numSteps} steps after one, in ${repeats} processes of each side, alternating.`,
    ...(peer[0] === undefined ? [] : [`Losses, ours: ${losses(ours[0]!)}; PyTorch: ${losses(peer[0])}.`]),
  ];
  return { measures, conditions, ...(ratios.length === 0 ? {} : { ratioToPeer: median(ratios) }) };
}

/** The bars, of OPT-350M's shape at 256 tokens; other work only informs. */
function ratioMeasure({ shape, numTokens, precision }: Settings, torch: Torch | null, ratios: readonly number[]): Measure {
  const name = "times PyTorch's speed";
  if (torch === null) return notMeasured(name, "x", ">= 2.2", ">= 2.8");
  if (shape !== "opt-350m" || numTokens !== 256) return informs(name, ratios, "x");
  if (isOldTorch(torch)) return precision === "fp32" ? atLeast(name, ratios, "x", 2.2, 2.8) : informs(name, ratios, "x");
  return precision === "fp32" ? atLeast(name, ratios, "x", 1.4, 1.7) : atLeast(name, ratios, "x", 0.6, 0.75);
}

/** Two computations of the same thing; bf16 keeps 8 bits of each number. */
function agreement(precision: Precision, differences: readonly number[]): Measure {
  return atMost("largest difference of the losses, relative", differences, "", precision === "fp32" ? 1e-3 : 2e-2);
}

const peaks = (all: readonly TrainingMeasured[]): number[] => all.map(({ peakBytes }) => peakBytes / GIGA);
const firstSeconds = (all: readonly TrainingMeasured[]): number[] => all.map(({ steps }) => steps[0]!.seconds);
const losses = ({ steps }: TrainingMeasured): string => steps.map(({ loss }) => loss.toFixed(5)).join(", ");
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
