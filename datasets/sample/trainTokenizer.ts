/**
 * @file The sample model's own small tokenizer, made so that filling a parameter is finding one token.
 *
 * Every value is one token, the same in a request as between quotes. What stands in front of a value is one token too, and tells what
 * kind of value follows: in a request the word with its space (`from `), in arguments the key with its punctuation (`{"place":"`). Times,
 * codes and the words of the call grammar are whole pieces as well.
 */
import type { TokenizerJson } from "#core/tokenizer/tokenizerJson.ts";
import { countWords, trainBpe } from "#core/tokenizer/trainBpe.ts";
import { renderTrajectory } from "#core/tokenizer/chatTemplate.ts";
import { baseConversation } from "./baseText.ts";
import { CHAINS, TOOLS } from "./domains/index.ts";
import { POOLS } from "./pools.ts";
import { createRandom } from "./random.ts";
import { fillTemplate } from "./wording.ts";

export const SAMPLE_PATTERN = [
  "\\n?(?:Action Input|Action|Thought|Answer): ",
  '[{,]"[\\p{Ll}_]+":"?',
  '"(?=,")',
  "\\p{N}{2}:\\p{N}{2}",
  "\\p{Lu}[\\p{L}\\p{N}]*",
  "(?:(?<=[\\p{L}\\p{N}]) )?\\p{Ll}[\\p{Ll}_]*(?: (?=[\\p{Lu}\\p{N}]))?",
  "\\p{N}{1,3}",
  "[^\\s\\p{L}\\p{N}]+ ?",
  "\\s+(?!\\S)",
  "\\s+",
  "\\p{L}",
].join("|");

const GRAMMAR = ["Action: ", "\nAction: ", "\nAction Input: ", "Thought: ", "Answer: "];
const NUM_CONVERSATIONS = 6_000;
const MAX_VOCABULARY = 4_096;
/** Rarer pieces are left to shorter tokens. */
const MIN_COUNT = 12;

/** Words that must be one token each. */
export function wholeWords(): string[] {
  const values = Object.values(POOLS).flatMap(({ seen, heldOut }) => [...seen, ...heldOut].map(String));
  const choices = TOOLS.flatMap(({ parameters, result }) =>
    [...Object.values(parameters), ...Object.values(result)].flatMap((kind) => (kind.kind === "choice" ? kind.choices : [])),
  );
  const names = TOOLS.flatMap(({ name, parameters }) => [name, ...Object.keys(parameters)]);
  return [...new Set([...GRAMMAR, ...values, ...choices, ...names])];
}

export function trainSampleTokenizer(seed: number): TokenizerJson {
  const texts: string[] = [];
  for (let i = 0; i < NUM_CONVERSATIONS; i++) {
    texts.push(renderTrajectory(baseConversation(createRandom(seed, `tokenizer ${i}`), { numRequests: 1 + (i % 2), numOffered: 4 })));
  }
  for (const { templates } of [...TOOLS, ...CHAINS]) {
    for (const template of templates) {
      for (let repeat = 0; repeat < MIN_COUNT; repeat++) texts.push(fillTemplate(template, {}));
    }
  }
  const markers = /<\|[a-z]+\|>|<\/s>/;
  const counts = countWords(
    texts.flatMap((text) => text.split(markers)),
    SAMPLE_PATTERN,
  );
  return trainBpe(counts, { vocabSize: MAX_VOCABULARY, pattern: SAMPLE_PATTERN, wholeWords: wholeWords(), minCount: MIN_COUNT });
}
