/**
 * @file Where the turns of a trajectory stand in a row of a format, in its usual spelling. What a row had beyond that spelling is kept by
 * its place in the row (`recordedRow.ts`); when turns move, the places must move with them.
 */
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";

export type Step = string | number;

/** A part of a row and the turn that it is about; a part may be about several, and a turn have several parts. */
export interface RowItem {
  readonly path: readonly Step[];
  readonly turn: number;
}

/** By the key under which the format keeps its facts. */
export const ITEM_LAYOUTS: Readonly<Record<string, (content: TrajectoryContent) => readonly RowItem[]>> = {
  sharegpt: ({ turns }) => {
    const first = turns[0]?.role === "system" && turns[0].content !== "" ? 1 : 0;
    return turns.slice(first).map((_, i) => ({ path: ["conversations", i], turn: i + first }));
  },
  hermes: hermesItems,
  apiBankDialogue: ({ turns }) => numbered("lines", turns.flatMap(linesOf)),
  bfcl: ({ turns }) => {
    const items: RowItem[] = [];
    let [group, place] = [0, 0];
    turns.forEach((turn, i) => {
      if (turn.role !== "user" && turn.role !== "system") return;
      if (turn.role === "user" && place > 0 && turns.slice(0, i).some(({ role }) => role === "assistant")) [group, place] = [group + 1, 0];
      items.push({ path: ["question", group, place++], turn: i });
    });
    return items;
  },
  tooleval: ({ turns }) => {
    // a node holds the one after it
    const nodes = [...(turns[0]?.role === "system" ? [] : [-1]), ...turns.flatMap(nodesOf)];
    return nodes.map((turn, depth) => ({
      path: ["answer", "answer_details", 0, ...Array.from({ length: depth }, () => ["next", 0] as const).flat()],
      turn,
    }));
  },
  toolalpaca: ({ turns }) => [
    ...numbered(
      "Golden_Answer",
      turns.flatMap((turn, i) => callsOf(turn).map(() => i)),
    ),
    ...numbered("Instance/intermediate_steps", turns.flatMap(stepsOf)),
  ],
};

/** Results that follow each other are one item; a list of tools is an item, also where no system turn is. */
function hermesItems({ turns, tools }: TrajectoryContent): readonly RowItem[] {
  let place = tools.length > 0 && turns[0]?.role !== "system" ? 0 : -1;
  return turns.map((turn, i) => {
    if (turn.role !== "tool" || turns[i - 1]?.role !== "tool") place++;
    return { path: ["conversations", place], turn: i };
  });
}

const numbered = (list: string, turns: readonly number[]): readonly RowItem[] =>
  turns.map((turn, i) => ({ path: [...list.split("/"), i], turn }));

const callsOf = (turn: Turn): readonly unknown[] => (turn.role === "assistant" ? turn.calls : []);

function linesOf(turn: Turn, index: number): readonly number[] {
  if (turn.role === "user" || turn.role === "system") return [index];
  if (turn.role === "tool") return [];
  const { raw, thought, calls, answer } = turn;
  const hasText = raw !== undefined || thought !== undefined || (calls.length === 0 && answer !== undefined);
  return [...(hasText ? [index] : []), ...calls.map(() => index)];
}

function nodesOf(turn: Turn, index: number): readonly number[] {
  if (turn.role === "user" || turn.role === "system") return [index];
  if (turn.role === "tool") return [];
  const texts = [turn.thought, turn.raw, turn.answer].filter((text) => text !== undefined);
  return [...texts.map(() => index), ...turn.calls.map(() => index)];
}

/** A call, then the result of the turn after it as an item of its own. */
function stepsOf(turn: Turn, index: number, turns: readonly Turn[]): readonly number[] {
  const hasResult = turns[index + 1]?.role === "tool";
  return callsOf(turn).flatMap(() => (hasResult ? [index, index + 1] : [index]));
}
