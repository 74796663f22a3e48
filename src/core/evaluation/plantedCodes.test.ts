import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { readOpenaiRow } from "#core/trajectories/formats/openaiChat.ts";
import { randomUniform } from "#core/trajectories/seededRandom.ts";
import { placeOf, plant } from "./corruptTesting.ts";
import { judgePrediction } from "./judgePrediction.ts";

const SAMPLE = join(import.meta.dirname, "../../../datasets/sample");
const planted = new Set(
  (JSON.parse(readFileSync(join(SAMPLE, "truth.json"), "utf8")) as { planted: { id: string }[] }).planted.map(({ id }) => id),
);
/** Every third row of the sample set that nothing was planted in: 800 of them give thousands of generations. */
const contents: TrajectoryContent[] = readFileSync(join(SAMPLE, "trajectories.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Parameters<typeof readOpenaiRow>[0] & { metadata: { id: string } })
  .filter(({ metadata }, i) => !planted.has(metadata.id) && i % 3 === 0)
  .map((row) => readOpenaiRow(row));
const allTools = [...new Set(contents.flatMap(({ tools }) => tools.map(({ name }) => name)))].sort();
const knownTools = new Set(allTools);

const uniform = randomUniform(7);
const judged = contents.flatMap((content) =>
  content.turns.flatMap((turn, turnIndex) =>
    turn.role !== "assistant"
      ? []
      : plant(placeOf(content, turnIndex, allTools, uniform)).map((made) => ({
          ...made,
          reference: turn,
          got: judgePrediction(made.text, content, turnIndex, { knownTools, wasCutOff: made.wasCutOff }).codes,
        })),
  ),
);
const CODES = Object.keys(FAILURE_CODES) as FailureCode[];

describe("the codes of planted generations", () => {
  it.each(CODES)("%s is primary where it was planted, and nowhere else, in at least 98 of 100", (code) => {
    const there = judged.filter((one) => one.code === code);
    const said = judged.filter((one) => one.got[0] === code);
    const right = there.filter((one) => one.got[0] === code).length;
    const forms = new Set(there.map(({ form }) => form)).size;
    const [precision, recall] = [right / said.length, right / there.length];
    const wrong = judged.filter((one) => (one.code === code) !== (one.got[0] === code)).slice(0, 3);
    const words = `${code}: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}, ${there.length} planted in ${forms} forms`;
    process.stdout.write(`${words}\n`);
    expect(there.length).toBeGreaterThan(50);
    expect(forms).toBeGreaterThanOrEqual(2);
    expect(Math.min(precision, recall), `${words}\n${JSON.stringify(wrong, null, 1)}`).toBeGreaterThanOrEqual(0.98);
  });

  it("are none for a right turn, however it is spelled", () => {
    const right = judged.filter((one) => one.code === null);
    const wrong = right.filter((one) => one.got.length > 0);
    process.stdout.write(`right turns spelled otherwise: ${right.length - wrong.length} of ${right.length} without a code\n`);
    expect(new Set(right.map(({ form }) => form)).size).toBe(8);
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});
