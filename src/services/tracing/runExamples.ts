/**
 * @file The examples of a run as they were trained on, opened to be searched: the example file, and an index of the words of each.
 *
 * What is searched is what the model read, not what the trajectories have become since. System texts and tool lists are left out: they repeat
 * from example to example and say nothing of any one of them.
 */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SEGMENTS } from "#contracts/example.ts";
import { foldedWords } from "#contracts/searchText.ts";
import { bm25Index, type Bm25Index } from "#core/attribution/bm25.ts";
import type { ExampleFile } from "#core/training/exampleFile.ts";
import { weightOf, type TrainExample } from "#core/training/microBatch.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { openExamples } from "../exampleSource.ts";
import { EXAMPLE_FILE } from "../prepareExamples.ts";

const TURN_MS = 12;
const LEFT_OUT: ReadonlySet<number> = new Set([SEGMENTS.indexOf("system"), SEGMENTS.indexOf("tools")]);

export interface RunExamples {
  readonly examples: ExampleFile;
  /** Those trained on; they come first in the file. */
  readonly trained: readonly number[];
  /** Over all examples; those not trained on have no words. */
  readonly lexical: Bm25Index;
  readonly wordsOf: (index: number) => readonly string[];
  close(): void;
}

/** @throws E_FILE_NOT_FOUND, E_EXAMPLES_CORRUPT, E_CANCELLED */
export async function openRunExamples(runDir: string, tokenizer: Tokenizer, signal: AbortSignal): Promise<RunExamples> {
  const { examples, close } = openExamples(join(runDir, EXAMPLE_FILE));
  try {
    const trained: number[] = [];
    const words: (readonly string[])[] = [];
    let last = performance.now();
    for (let index = 0; index < examples.length; index++) {
      const example = examples.at(index);
      // what the run left out has its place without weight
      const isTrained = examples.index.splits[index] === "train" && weightOf(example) > 0;
      if (isTrained) trained.push(index);
      words.push(isTrained ? wordsOfExample(example, tokenizer) : []);
      if (performance.now() - last < TURN_MS) continue;
      await nextTurn();
      signal.throwIfAborted();
      last = performance.now();
    }
    return { examples, trained, lexical: bm25Index(words), wordsOf: (index) => words[index]!, close };
  } catch (error) {
    close();
    throw error;
  }
}

function wordsOfExample({ inputIds, segments }: TrainExample, tokenizer: Tokenizer): readonly string[] {
  return foldedWords(tokenizer.decode(inputIds.filter((_, t) => !LEFT_OUT.has(segments[t]!))));
}
