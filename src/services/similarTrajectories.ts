/** @file Trajectories that ask about the same things: by the telling words of what the user says and of the calls. */
import type { SimilarTrajectory } from "#contracts/procedures/trajectories.ts";
import { foldedWords } from "#contracts/searchText.ts";
import { SPLITS, type TrajectoryContent } from "#contracts/trajectory.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "./core.ts";

/** Looked up one by one; the rarest of them decide. */
const MOST_WORDS = 60;
/** Words that half of all texts hold weigh next to nothing: sharing only those is no likeness. */
const LEAST_SCORE = 0.01;
/** Said of each; the rarest tell most. */
const MOST_NAMED = 12;

export function similarTrajectories(core: Core, id: string, limit: number): readonly SimilarTrajectory[] {
  const { trajectories, search } = core.store;
  const { trajectory } = trajectories.get(id);
  const words = wordsOf(trajectory);
  const telling = search.rare(words);
  const tools = toolsOf(trajectory);
  const splits = SPLITS.map((_, number) => number);
  return search
    .similar(words, { limit, splits, without: [requireNumber("trajectory", id)] })
    .filter(({ score }) => score >= LEAST_SCORE)
    .map(({ trajectoryId, score }) => {
      const other = trajectories.get(trajectoryId).trajectory;
      const itsWords = allWordsOf(other);
      const itsTools = toolsOf(other);
      return {
        summary: trajectories.summary(trajectoryId),
        score,
        sharedWords: telling.filter((word) => itsWords.has(word)).slice(0, MOST_NAMED),
        missingWords: telling.filter((word) => !itsWords.has(word)).slice(0, MOST_NAMED),
        sharedTools: tools.filter((name) => itsTools.includes(name)),
        missingTools: tools.filter((name) => !itsTools.includes(name)),
        otherTools: itsTools.filter((name) => !tools.includes(name)),
      };
    });
}

const SHORTEST = 3;

function wordsOf({ turns }: TrajectoryContent): readonly string[] {
  const asked = turns.flatMap((turn) => (turn.role === "user" ? [turn.content] : []));
  const called = turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map((call) => `${call.name} ${call.argumentsText}`) : []));
  const words = foldedWords([...asked, ...called].join("\n")).filter((word) => word.length >= SHORTEST);
  return [...new Set(words)].slice(0, MOST_WORDS);
}

/** As the index holds the turns. */
function allWordsOf({ turns }: TrajectoryContent): ReadonlySet<string> {
  const texts = turns.flatMap((turn): readonly string[] => {
    if (turn.role !== "assistant") return [turn.content];
    if (turn.raw !== undefined) return [turn.raw];
    return [turn.thought ?? "", ...turn.calls.flatMap((call) => [call.name, call.argumentsText]), turn.answer ?? ""];
  });
  return new Set(foldedWords(texts.join("\n")));
}

function toolsOf({ turns }: TrajectoryContent): readonly string[] {
  return [...new Set(turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map(({ name }) => name) : [])))];
}
