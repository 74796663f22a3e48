/**
 * @file Greedy generation with a key/value cache, ours and with `--peer torch` PyTorch's, on the same weights and prompt.
 *
 * Options: `--shape opt-350m|opt-125m|tiny|sample`, `--prompt N` (128 tokens), `--tokens N` (64 new ones), `--repeats N` (2), `--peer torch`,
 * `--dtype fp32|bf16` and `--threads N` (the peer's), `--models DIR` (keeps the drawn model there).
 */
import { parseArgs } from "node:util";
import { alternate, measureWith } from "./parts/inProcess.ts";
import type { GenerationMeasured, GenerationWork } from "./parts/measureGeneration.ts";
import { oneOf, UsageError, wholeNumber } from "./parts/options.ts";
import { configOf, SHAPES, withModel } from "./parts/shapes.ts";
import { PEER_OPTIONS, peerSettings, runPeer, TORCH_MISSING, wantedTorch } from "./parts/torch.ts";
import { randomRows, withWorkFile } from "./parts/work.ts";
import { atLeast, informs, median, type Bench, type Measure } from "./report.ts";

export const bench: Bench = async ({ args, note }) => {
  const settings = settingsOf(args);
  const { shape, numPromptTokens, numNewTokens, repeats, wantsPeer, precision, numThreads } = settings;
  const torch = wantedTorch(settings, note);
  return withModel(shape, settings.models, (modelDir) => {
    const promptIds = randomRows(1, numPromptTokens, configOf(shape).vocabSize, 1)[0]!.inputIds;
    const work: GenerationWork = { modelDir, promptIds, numNewTokens, numThreads, precision };
    return withWorkFile(work, async (file) => {
      const { ours, peer } = await alternate(
        repeats,
        () => measureWith<GenerationMeasured>("measureGeneration.ts", file),
        torch === null ? null : () => runPeer<GenerationMeasured>(torch, "generate.py", file),
      );
      const rate = ({ decodeSeconds }: GenerationMeasured): number => (numNewTokens - 1) / decodeSeconds;
      const prompt = ({ promptSeconds }: GenerationMeasured): number => promptSeconds * 1000;
      const ratios = peer.map((each, i) => rate(ours[i]!) / rate(each));
      const name = `tokens generated per second, ${shape}`;
      const measures: Measure[] = [
        shape === "opt-350m" ? atLeast(name, ours.map(rate), "", 10, 25) : informs(name, ours.map(rate), ""),
        informs(`reading a prompt of ${numPromptTokens} tokens`, ours.map(prompt), "ms"),
      ];
      if (peer.length > 0) {
        measures.push(
          informs("tokens generated per second, PyTorch", peer.map(rate), ""),
          informs("reading the prompt, PyTorch", peer.map(prompt), "ms"),
          informs("times PyTorch's speed", ratios, "x"),
          informs("tokens that agree", [ours[0]!.tokenIds.filter((id, i) => id === peer[0]!.tokenIds[i]).length], `of ${numNewTokens}`),
        );
      }
      const conditions = [
        `Ours: ${ours[0]!.engine}, fp32.`,
        ...(peer[0] === undefined ? [] : [`Peer: ${peer[0].engine}.`]),
        ...(wantsPeer && torch === null ? [TORCH_MISSING] : []),
        `Greedy, one row, ${numNewTokens} new tokens; the first comes with the prompt and is not in the rate. Second round of ${repeats} processes of each side, alternating.`,
      ];
      return { measures, conditions, ...(ratios.length === 0 ? {} : { ratioToPeer: median(ratios) }) };
    });
  });
};

function settingsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      shape: { type: "string", default: "opt-350m" },
      prompt: { type: "string", default: "128" },
      tokens: { type: "string", default: "64" },
      repeats: { type: "string", default: "2" },
      models: { type: "string" },
      ...PEER_OPTIONS,
    },
  });
  const shape = oneOf("shape", values.shape, SHAPES);
  const numPromptTokens = wholeNumber("prompt", values.prompt);
  const numNewTokens = wholeNumber("tokens", values.tokens, { min: 2 });
  const limit = configOf(shape).maxPositionEmbeddings;
  if (numPromptTokens + numNewTokens > limit) throw new UsageError(`--prompt and --tokens together may be ${limit} at most for ${shape}`);
  const repeats = wholeNumber("repeats", values.repeats);
  return { shape, numPromptTokens, numNewTokens, repeats, models: values.models, ...peerSettings(values) };
}
