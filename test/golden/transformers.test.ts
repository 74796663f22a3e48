/**
 * @file An exported folder as Hugging Face's own transformers reads it: the same ids, the same mask, the same logits.
 *
 *     REQUIRE_TRANSFORMERS=1 npm test -- test/golden/transformers.test.ts
 *
 * with a Python that has transformers and PyTorch (CALLSMITH_PYTHON, `python3` or `/usr/bin/python3`).
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contracts/json.ts";
import type { Trajectory } from "#contracts/trajectory.ts";
import { buildExample } from "#core/tokenizer/buildExample.ts";
import { publishTokenizer } from "#core/tokenizer/publishTokenizer.ts";
import { readFile } from "#core/trajectories/formats/formatsTesting.ts";
import { openaiRowOf } from "#core/trajectories/formats/openaiChat.ts";
import { loadModelFolder, saveModelFolder } from "#engine/modelFolder.ts";
import { openEngine } from "#engine/openEngine.ts";
import { readTokenizer, readTokenizerFiles } from "#services/models.ts";
import { findPython } from "../fixtures/findPython.ts";
import { ROOT, temporaryFolder } from "../fixtures/openTestCore.ts";

interface Answer {
  readonly inputIds: readonly number[];
  readonly assistantMask: readonly number[];
  /** T rows of V. */
  readonly logits: readonly (readonly number[])[];
}

const isAsked = process.env["REQUIRE_TRANSFORMERS"] === "1";

describe.skipIf(!isAsked)("transformers (skipped where REQUIRE_TRANSFORMERS=1 does not ask for it)", () => {
  it("reads a published model as we do: ids, loss mask and logits", async () => {
    const python = findPython("transformers", "pip install transformers torch");
    const base = join(ROOT, "resources/models/sample-base");
    const folder = temporaryFolder();
    const model = await loadModelFolder(base);
    await saveModelFolder(folder, model);
    const { files } = publishTokenizer(await readTokenizerFiles(base), model.config.maxPositionEmbeddings);
    for (const [name, text] of files) writeFileSync(join(folder, name), text);

    const contents = readFile("openai-chat", readFileSync(join(ROOT, "datasets/sample/trajectories.jsonl"), "utf8")).contents.slice(0, 8);
    const input = JSON.stringify(contents.map((content): JsonObject => openaiRowOf(content)));
    const output = execFileSync(python, [join(import.meta.dirname, "askTransformers.py"), folder], { input, maxBuffer: 2 ** 29 });
    const answers = JSON.parse(String(output)) as Answer[];

    const tokenizer = await readTokenizer(folder);
    const engine = await openEngine({ modelDir: folder, kind: "compiled" });
    for (const [i, content] of contents.entries()) {
      const options = { maxLength: model.config.maxPositionEmbeddings, maskMode: "allAssistantTurns" } as const;
      const built = buildExample({ ...content, id: "T-00001", split: "train" } as Trajectory, tokenizer, options);
      if (!built.ok) throw new Error(built.reason);
      const { inputIds, lossMask } = built.example;
      const answer = answers[i]!;
      expect(answer.inputIds).toEqual([...inputIds]);
      expect(answer.assistantMask).toEqual([...lossMask]);
      const decoding = engine.openDecoding(1, inputIds.length);
      for (const length of [1, inputIds.length >> 1, inputIds.length]) {
        const logits_V = await decoding.prefill(0, inputIds.slice(0, length));
        expect(logits_V).toBeAllclose(answer.logits[length - 1]!, { rtol: 1e-4, atol: 1e-4 });
      }
    }
    await engine.dispose();
  });
});
