/** @file What still stands in the way of a counter-example, said before the core is asked to write it. */
import type { CounterExample } from "#contracts/cases.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { foldQuery } from "#core/trajectories/sameQuery.ts";

/** By turn: what the user still says word for word as the held-out prompt does. The first is what groups are told by, the last what was asked. */
export function heldOutFaults({ content, heldOut }: CounterExample, { turns }: TrajectoryContent): Readonly<Record<number, string>> {
  if (heldOut === null) return {};
  const said = content.turns.flatMap(({ role }, i) => (role === "user" ? [i] : []));
  const same = [...new Set([said.at(0), said.at(-1)])].filter((i): i is number => i !== undefined && isSaid(turns, i, content.turns));
  return Object.fromEntries(same.map((i) => [i, "Held out word for word: ask for something else. Capitals and spaces do not count."]));
}

function isSaid(turns: TrajectoryContent["turns"], i: number, before: TrajectoryContent["turns"]): boolean {
  const [now, was] = [turns[i], before[i]];
  return now?.role === "user" && was?.role === "user" && foldQuery(now.content) === foldQuery(was.content);
}
