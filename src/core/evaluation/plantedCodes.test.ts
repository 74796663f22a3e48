import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { readOpenaiRow } from "#core/trajectories/formats/openaiChat.ts";
import { randomUniform } from "#core/trajectories/seededRandom.ts";
import { loadTokenizer } from "#core/tokenizer/loadTokenizer.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { alignReference } from "./alignReference.ts";
import { placeOf, plant } from "./corruptTesting.ts";
import { diagnose } from "./firstWrongToken.ts";
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
          content,
          turnIndex,
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
    const wrong = judged
      .filter((one) => (one.code === code) !== (one.got[0] === code))
      .slice(0, 3)
      .map(({ form, text, got }) => ({ form, text, got }));
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

describe("a reference spelled as a planted generation", () => {
  const some = judged.filter((_, i) => i % 9 === 0);
  const tokenizerJson = readFileSync(join(SAMPLE, "../../resources/models/sample-base/tokenizer.json"), "utf8");
  const tokenizer = loadTokenizer({ name: "sample-base", tokenizerJson });

  it("is right, and the generation itself where that is right", () => {
    for (const { text, code, content, turnIndex, reference } of some) {
      const output = parseAssistantText(text);
      const aligned = alignReference(text, output, reference);
      expect(judgePrediction(aligned, content, turnIndex, { knownTools }).codes, aligned).toEqual([]);
      if (code === null && output.calls.length > 0) expect(aligned).toBe(text);
    }
  });

  it("parts from it at a token that is not the right one, inside the text, as the span is", () => {
    for (const { text, wasCutOff, content, turnIndex, reference } of some) {
      const { output, comparison, codes } = judgePrediction(text, content, turnIndex, { knownTools, wasCutOff });
      if (codes.length === 0) continue;
      const tokenIds = Int32Array.from([...tokenizer.encode(text), ...(wasCutOff ? [] : [tokenizer.special.eos])]);
      const none = { alternativeIds: new Int32Array(), alternativeLogProbs: new Float32Array() };
      const tokens = { tokenIds, logProbs: new Float32Array(tokenIds.length), ...none };
      const { firstWrong, span } = diagnose(
        { text, output, tokens, findings: comparison.findings, tools: content.tools, reference },
        tokenizer,
      );
      const before = tokenizer.decode(tokenIds.slice(0, firstWrong!.position));
      expect(text.slice(0, firstWrong!.offset).startsWith(before), text).toBe(true);
      if (firstWrong!.right !== null) expect(firstWrong!.right.id, text).not.toBe(firstWrong!.token?.id);
      expect(span!.range.start <= span!.range.end && span!.range.end <= text.length, text).toBe(true);
      expect(span!.tokens.start <= span!.tokens.end && span!.tokens.end <= tokenIds.length, text).toBe(true);
    }
  });
});
