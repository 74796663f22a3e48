/** @file The turns that examples teach, left out of the loss one trajectory after the other, and what came of it in one sentence. */
import type { TracedExample } from "#contracts/tracing.ts";
import { plural } from "../../../../format/numbers.ts";
import type { Client } from "../../../../transport/client.ts";
import { leaveTurnOut, type LeftOut } from "../../../../transport/leaveTurnOut.ts";

type Why = Extract<LeftOut, { kind: "left" }>["why"];
const WHY_WORDS: Readonly<Record<Why, string>> = {
  gone: "no longer have it",
  already: "leave it out already",
  last: "have no other turn to train on: reject them instead",
};

export async function leaveTurnsOut(
  client: Client,
  examples: readonly TracedExample[],
  by: { readonly author: string; readonly reason: string },
): Promise<string> {
  const left = new Map<Why, number>();
  const done = new Set<string>();
  for (const { call, trajectories } of examples) {
    for (const { id } of trajectories) {
      const answer = await leaveTurnOut(client, { id, call, ...by });
      if (answer.kind === "done") done.add(id);
      else left.set(answer.why, (left.get(answer.why) ?? 0) + 1);
    }
  }
  const rest = [...left].map(([why, count]) => `${count} ${WHY_WORDS[why]}`);
  return [`The turn is left out in ${plural(done.size, "trajectory", "trajectories")}`, ...rest].join("; ");
}
