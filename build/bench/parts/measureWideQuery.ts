/**
 * @file One failure of OPT-350M's shape searched in the features of many examples, as they lie on disk after a run that took them along; prints a
 * `WideQueryMeasured`. Weights and features are drawn: what they are changes no time.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bm25Index } from "#core/attribution/bm25.ts";
import { failureQuery } from "#core/attribution/failureQuery.ts";
import { featureFileHeader, featureRowOf } from "#core/attribution/featureFile.ts";
import { defaultFeatureSpec, gradientWidth, stateWidth } from "#core/attribution/featureSpec.ts";
import { rankExamples } from "#core/attribution/signals.ts";
import { fillNormal, randomIntegers } from "#core/model/random.ts";
import { openCore } from "#services/core.ts";
import { openFeatureReader, openFeatureWriter } from "#services/featureFile.ts";
import { corePlaces } from "#services/places.ts";
import { commonStates, signalsOf } from "#services/tracing/signalsOf.ts";
import { configOf, withModel } from "./shapes.ts";

export interface WideQueryMeasured {
  readonly numRows: number;
  readonly numTokens: number;
  readonly rowBytes: number;
  /** With the model loaded and its graphs compiled. */
  readonly firstSeconds: number;
  readonly seconds: readonly number[];
}

const [rows = "20000", repeats = "5", models = ""] = process.argv.slice(2);
const numRows = Number(rows);
/** Drawn; the others repeat them, for drawing costs more than anything that is measured. */
const NUM_DRAWN = 64;
const [PROMPT, OUTPUT] = [200, 48];
const WORDS = 60;

const config = configOf("opt-350m");
const spec = defaultFeatureSpec(config);
const normal = (length: number, seed: number): Float32Array => {
  const values = new Float32Array(length);
  fillNormal(values, 1, seed);
  return values;
};
const idsOf = (length: number, seed: number): Int32Array => {
  const next = randomIntegers(seed);
  return Int32Array.from({ length }, () => 4 + (next() % (config.vocabSize - 4)));
};
const textOf = (seed: number): string[] => {
  const next = randomIntegers(seed);
  return Array.from({ length: WORDS }, () => `word${next() % 5000}`);
};
const seconds = (since: number): number => (performance.now() - since) / 1000;

const folder = mkdtempSync(join(tmpdir(), "callsmith-bench-"));
const core = openCore({
  workspaceDir: join(folder, "workspace"),
  ...corePlaces(resolve(import.meta.dirname, "../../.."), import.meta.filename),
});
try {
  const path = join(folder, "features.bin");
  const of = { runId: "r-001", step: 1, origin: "training", checkpoint: "", tokenizer: "", dataVersion: "", numExamples: numRows } as const;
  const writer = await openFeatureWriter(path, featureFileHeader(config, spec, of));
  const drawn = Array.from({ length: NUM_DRAWN }, (_, i) =>
    featureRowOf(normal(gradientWidth(spec), i), normal(stateWidth(config), -1 - i), 1)!,
  );
  for (let index = 0; index < numRows; index++) writer.write(index, drawn[index % NUM_DRAWN]!);
  writer.close();
  const lexical = bm25Index(Array.from({ length: numRows }, (_, i) => textOf(i)));
  const reader = openFeatureReader(path);
  const promptIds = idsOf(PROMPT, 1);
  const outputIds = idsOf(OUTPUT, 2);
  const rightIds = Int32Array.from(outputIds, (id, i) => (i >= 8 && i < 12 ? 4 + (id % 1000) : id));
  const question = {
    text: textOf(7).join(" "),
    query: failureQuery({ promptIds, outputIds, spans: [{ start: 8, end: 12 }], rightIds }, config.maxPositionEmbeddings),
  };
  await withModel("opt-350m", models === "" ? undefined : models, async (checkpointDir) => {
    const { signal } = new AbortController();
    const search = async (): Promise<number> => {
      const startedAt = performance.now();
      // what all states have in common is known once for all failures of a run; here each search pays for it
      const common = commonStates(reader);
      rankExamples(await signalsOf(question, { trainers: core.trainers, checkpointDir, examples: { lexical }, reader, common, signal }));
      return seconds(startedAt);
    };
    const firstSeconds = await search();
    const all: number[] = [];
    for (let i = 0; i < Number(repeats); i++) all.push(await search());
    const { size } = await stat(path);
    const measured: WideQueryMeasured = { numRows, numTokens: PROMPT + OUTPUT, rowBytes: size / numRows, firstSeconds, seconds: all };
    process.stdout.write(JSON.stringify(measured));
  });
  reader.close();
} finally {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
}
