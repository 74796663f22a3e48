/**
 * @file One epoch over real ToolBench rows: ours, rows that begin alike merged, and with `--peer torch` PyTorch row by row with logits at
 * every position. The rows are cut the same way on both sides, and each optimizer step has the same rows, so the losses must agree.
 *
 * Options: `--shape opt-350m|opt-125m|tiny`, `--data FILE` (toolllama rows), `--tokenizer DIR` (OPT's), `--max-length N` (2048),
 * `--accumulation N` (4 sequences a step), `--steps N` (the whole epoch), `--repeats N` (1), `--peer torch`, `--dtype fp32|bf16` and
 * `--threads N` (the peer's), `--models DIR` (keeps the drawn model there).
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { alternate, measureWith } from "./parts/inProcess.ts";
import type { PreparedEpoch } from "./parts/prepareEpoch.ts";
import { oneOf, UsageError, wholeNumber } from "./parts/options.ts";
import { configOf, withModel, type Shape } from "./parts/shapes.ts";
import { PEER_OPTIONS, isOldTorch, peerSettings, runPeer, TORCH_MISSING, wantedTorch, type PeerSettings } from "./parts/torch.ts";
import { lossDifference, RECIPE, withWorkFile, type PeerTraining, type TrainingMeasured } from "./parts/work.ts";
import { atLeast, atMost, informs, median, notMeasured, type Bench, type Measure } from "./report.ts";

const DATA = resolve(import.meta.dirname, "../../../shared/data");

interface Settings extends PeerSettings {
  readonly shape: Shape;
  readonly data: string;
  readonly tokenizer: string;
  readonly maxLength: number;
  readonly accumulation: number;
  readonly maxSteps: number | null;
  readonly repeats: number;
  readonly models: string | undefined;
}

export const bench: Bench = async ({ args, note }) => {
  const settings = settingsOf(args);
  const { shape, repeats, wantsPeer, precision, numThreads } = settings;
  const torch = wantedTorch(settings, note);
  const folder = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
  try {
    const { data, tokenizer, maxLength, accumulation, maxSteps } = settings;
    const epoch = await withWorkFile({ data, tokenizer, maxLength, accumulation, maxSteps, folder }, (file) =>
      measureWith<PreparedEpoch>("prepareEpoch.ts", file),
    );
    note(`${epoch.numRows} rows of ${epoch.numRowTokens} tokens as ${epoch.numSequences} sequences of ${epoch.numTokens} tokens`);
    return await withModel(shape, settings.models, async (modelDir) => {
      const peerWork: PeerTraining = { modelDir, recipe: RECIPE, steps: epoch.steps, numThreads, precision };
      const { ours, peer } = await alternate(
        repeats,
        () =>
          withWorkFile({ modelDir, config: epoch.config, examples: epoch.examples }, (file) =>
            measureWith<TrainingMeasured>("measureTraining.ts", file),
          ),
        torch === null ? null : () => withWorkFile(peerWork, (file) => runPeer<TrainingMeasured>(torch, "train.py", file)),
      );
      const numRows = epoch.steps.reduce((sum, rows) => sum + rows.length, 0);
      const rate = ({ steps }: TrainingMeasured): number => numRows / steps.reduce((sum, { seconds }) => sum + seconds, 0);
      const ratios = peer.map((each, i) => rate(ours[i]!) / rate(each));
      const name = "times PyTorch's rows per second";
      const isBarred = shape === "opt-350m" && maxLength === 2048 && precision === "fp32" && (torch === null || isOldTorch(torch));
      const measures: Measure[] = [];
      if (wantsPeer && torch === null) measures.push(notMeasured(name, "x", ">= 4", ">= 6"));
      if (ratios.length > 0) measures.push(isBarred ? atLeast(name, ratios, "x", 4, 6) : informs(name, ratios, "x"));
      measures.push(informs("rows per second", ours.map(rate), ""));
      if (peer.length > 0) {
        const differences = ours.map((each, i) => lossDifference(each, peer[i]!));
        measures.push(
          informs("rows per second, PyTorch", peer.map(rate), ""),
          atMost("largest difference of the losses, relative", differences, "", precision === "fp32" ? 1e-3 : 2e-2),
        );
      }
      measures.push(
        informs("tokens one by one, times those merged", [epoch.numRowTokens / epoch.numTokens], "x"),
        informs(
          "peak memory",
          ours.map(({ peakBytes }) => peakBytes / 1e9),
          "GB",
        ),
      );
      const conditions = [
        `Ours: ${ours[0]!.engine}, fp32; ${epoch.numSequences} sequences of ${epoch.numTokens} tokens, logits at the supervised positions, padded to the engine's lengths; compiling is in the time.`,
        ...(peer[0] === undefined
          ? []
          : [
              `Peer: ${peer[0].engine}; the same rows one by one (${epoch.numRows} of ${epoch.numRowTokens} tokens), logits at all positions, nothing padded.`,
            ]),
        ...(wantsPeer && torch === null ? [TORCH_MISSING] : []),
        `Both: cut to ${maxLength} tokens by path, ${epoch.numTruncated} windows shortened; ${numRows} rows in ${epoch.steps.length} optimizer steps${maxSteps === null ? ", the whole epoch" : ""}; AdamW, clipping at ${RECIPE.maxGradNorm}, no dropout.`,
        ...(epoch.numRefused === 0 ? [] : [`${epoch.numRefused} trajectories were refused, in whole or in part.`]),
      ];
      return { measures, conditions, ...(ratios.length === 0 ? {} : { ratioToPeer: median(ratios) }) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** @throws UsageError */
function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shape: { type: "string", default: "opt-350m" },
      data: { type: "string", default: join(DATA, "toolbench/toolllama_rows.json") },
      tokenizer: { type: "string", default: join(DATA, "opt-bpe") },
      "max-length": { type: "string", default: "2048" },
      accumulation: { type: "string", default: "4" },
      steps: { type: "string" },
      repeats: { type: "string", default: "1" },
      models: { type: "string" },
      ...PEER_OPTIONS,
    },
  });
  const shape = oneOf("shape", values.shape, ["opt-350m", "opt-125m", "tiny"] as const);
  for (const [option, path] of [
    ["data", values.data],
    ["tokenizer", values.tokenizer],
  ] as const) {
    if (!existsSync(path))
      throw new UsageError(
        `${path} is missing: name ${option === "data" ? "a file of toolllama rows" : "a folder with OPT's vocab.json and merges.txt"} with --${option}`,
      );
  }
  return {
    shape,
    data: resolve(values.data),
    tokenizer: resolve(values.tokenizer),
    maxLength: wholeNumber("max-length", values["max-length"], { min: 64, max: configOf(shape).maxPositionEmbeddings }),
    accumulation: wholeNumber("accumulation", values.accumulation),
    maxSteps: values.steps === undefined ? null : wholeNumber("steps", values.steps),
    repeats: wholeNumber("repeats", values.repeats),
    models: values.models,
    ...peerSettings(values),
  };
}
