/**
 * @file What the editor's workspace is made of: recorded trajectories, each many times with other words, so that no two texts are equal and
 * words are as unevenly frequent as in any language. Made from a seed: the same recipe gives the same workspace everywhere.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { randomIntegers } from "#core/model/random.ts";

/** Grows where what is made differs, so that an older workspace is not taken for this one. */
const VERSION = 1;
const root = resolve(import.meta.dirname, "../../../..");

export interface Recipe {
  readonly numTrajectories: number;
  /** Files of recorded trajectories that are imported as they are, and varied. */
  readonly files: readonly string[];
  /** Names what comes out of it. */
  readonly key: string;
}

const SAMPLE = join(root, "datasets/sample/trajectories.jsonl");
const RECORDED = ["toolbench/toolllama_rows.json", "glaive/sharegpt_toolcalls.json", "api-bank/lv3-api-train.json"];

/** The sample set, and real recordings where `dataDir` has them. */
export function recipeOf(numTrajectories: number, dataDir = join(root, "../shared/data")): Recipe {
  const files = [SAMPLE, ...RECORDED.map((name) => join(dataDir, name))].filter(existsSync);
  const hash = createHash("sha256").update(`${VERSION}/${numTrajectories}`);
  for (const file of files) hash.update(readFileSync(file));
  return { numTrajectories, files, key: hash.digest("hex").slice(0, 12) };
}

const NUM_WORDS = 30_000;
const SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru pla ste tri".split(" ");
const WORDS: readonly string[] = Array.from({ length: NUM_WORDS }, (_, rank) => {
  let word = "";
  for (let rest = rank + 3 + SYLLABLES.length; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    word += SYLLABLES[rest % SYLLABLES.length]!;
  return word;
});

/** A word that was put in, by how frequent it is: 0 is the commonest. */
export const wordAt = (rank: number): string => WORDS[rank]!;

type Random = () => number;

/** Zipf's law, by the inverse of its continuous form. */
const drawWord = (next: Random): string =>
  WORDS[Math.min(NUM_WORDS - 1, Math.floor(Math.exp((next() / 2 ** 32) * Math.log(NUM_WORDS))) - 1)]!;

function drawText(next: Random, numCharacters: number): string {
  let text = drawWord(next);
  while (text.length < numCharacters) text += next() % 12 === 0 ? `. ${drawWord(next)}` : ` ${drawWord(next)}`;
  return text;
}

/** About one in so many words of a recorded text becomes another. */
const REPLACED = 5;

/** The text with other words in it; numbers, names, punctuation and short words stay. */
function varied(next: Random, text: string): string {
  return text.replace(/(?<![\w"])[a-z]{4,}(?![\w"])/g, (word) => (next() % REPLACED === 0 ? drawWord(next) : word));
}

/** What a reader finds a trajectory by; of no other one. */
export const referenceOf = (index: number): string => `R${index.toString(36).padStart(4, "0")}x`;

/** The `index`-th variation of a recorded trajectory: its calls, tools and system text stay. */
export function variationOf({ tools, turns, targets, metadata }: TrajectoryContent, index: number): TrajectoryContent {
  const next = randomIntegers(index + 1_000_000);
  let isFirstQuestion = true;
  const written = turns.map((turn): Turn => {
    switch (turn.role) {
      case "system":
        return turn;
      case "user": {
        const text = `${varied(next, turn.content)} ${drawText(next, 20 + (next() % 120))}.`;
        if (!isFirstQuestion) return { ...turn, content: text };
        isFirstQuestion = false;
        return { ...turn, content: `${text} My reference is ${referenceOf(index)}.` };
      }
      case "tool":
        return { ...turn, content: varied(next, turn.content) };
      case "assistant":
        return {
          ...turn,
          ...(turn.raw === undefined && turn.calls.length > 0 && turn.thought === undefined ? { thought: drawText(next, 80) } : {}),
          ...(turn.thought === undefined ? {} : { thought: varied(next, turn.thought) }),
          ...(turn.answer === undefined ? {} : { answer: varied(next, turn.answer) }),
        };
    }
  });
  return { tools, turns: written, ...(targets === undefined ? {} : { targets }), metadata: { ...metadata, variation: index } };
}

const LONG_ROUNDS = 149;
const LONG_CHARACTERS = 2 * 2 ** 20;

/** 300 turns with two million characters of results. */
export function longTrajectory(tools: readonly ToolDefinition[]): TrajectoryContent {
  const next = randomIntegers(5);
  const turns: Turn[] = [
    { role: "user", content: "The long conversation: go through every page of the archive." },
    { role: "assistant", calls: [], answer: "I begin with the first page." },
  ];
  for (let round = 0; round < LONG_ROUNDS; round++) {
    const value = { page: round, text: drawWord(next) };
    const { name } = tools[round % tools.length]!;
    const call = { name, argumentsText: JSON.stringify(value), arguments: { ok: true as const, value } };
    turns.push(
      { role: "assistant", thought: drawText(next, 200), calls: [call] },
      { role: "tool", content: drawText(next, LONG_CHARACTERS / LONG_ROUNDS), name },
    );
  }
  return { tools, turns, metadata: {} };
}
