/**
 * @file What a format cannot carry of a trajectory, found by reading the written row again: the list is exact for every format, since it
 * is no list of what a format is thought to leave out.
 */
import type { LedgerChange } from "#contracts/imports.ts";
import type { JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { sameJson } from "../sameJson.ts";
import { describeMetadata, RowRefusal } from "./format.ts";

export interface WrittenAs {
  readonly key: string;
  readonly rows: string;
  /** Keys of metadata that the row holds besides its own and `fields`. */
  readonly carriedKeys?: readonly string[];
}

export function lostByWriting(
  content: TrajectoryContent,
  readAgain: () => TrajectoryContent,
  { key, rows, carriedKeys = [] }: WrittenAs,
): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  try {
    changes.push(...differencesIn(content, readAgain(), rows));
  } catch (error) {
    if (!(error instanceof RowRefusal)) throw error;
    const detail = `The row cannot be read again (${String(error.params["detail"] ?? "it has no assistant turn")}): ${rows} have no place for such a trajectory.`;
    changes.push({ rule: "not-readable-again", detail });
  }
  const others = Object.keys(content.metadata).filter((other) => other !== key && other !== "fields" && !carriedKeys.includes(other));
  if (others.length > 0) {
    const detail = `${rows} have no place for what is kept of the source: ${describeMetadata(others)}.`;
    changes.push({ rule: "metadata-dropped", detail });
  }
  return changes;
}

/** What is in `content` and not in `back`, one line for each kind. */
export function differencesIn(content: TrajectoryContent, back: TrajectoryContent, rows: string): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  const lost = (rule: string, detail: string): void => void changes.push({ rule, detail });
  const numTools = content.tools.filter((tool, i) => !sameJson(tool as unknown as JsonValue, back.tools[i] as unknown as JsonValue)).length;
  if (back.tools.length !== content.tools.length) {
    lost("tools-dropped", `${rows} carry ${back.tools.length} of the ${content.tools.length} tools.`);
  } else if (numTools > 0) lost("tools-altered", `${numTools} tools do not come back as they were from ${rows}.`);
  const roles = (turns: readonly Turn[]) => turns.map((turn) => turn.role);
  if (!sameJson(roles(content.turns), roles(back.turns))) {
    lost(
      "turns-rearranged",
      `${content.turns.length} turns come back as ${back.turns.length}, or in other roles: ${rows} have another order of turns.`,
    );
    if (!sameJson(weightsOf(content), weightsOf(back))) lost("weights-dropped", `${rows} do not say how much turns count in the loss.`);
    return changes;
  }
  for (const [rule, what, of] of PARTS) {
    const count = content.turns.filter((turn, i) => !sameJson(of(turn), of(back.turns[i]!))).length;
    if (count > 0) lost(rule, `${what} of ${count} turns ${count === 1 ? "does" : "do"} not come back as recorded from ${rows}.`);
  }
  if (!sameJson((content.targets ?? null) as JsonValue, (back.targets ?? null) as JsonValue)) {
    lost("targets-dropped", `${rows} do not say which turns are trained on.`);
  }
  return changes;
}

const weightsOf = ({ turns }: TrajectoryContent): JsonValue => turns.flatMap((turn) => assistant(turn)?.weight ?? []);

const assistant = (turn: Turn): AssistantTurn | undefined => (turn.role === "assistant" ? turn : undefined);

const PARTS: readonly (readonly [string, string, (turn: Turn) => JsonValue])[] = [
  ["texts-altered", "The text", (turn) => (turn.role === "assistant" ? null : turn.content)],
  ["thoughts-altered", "The thought", (turn) => assistant(turn)?.thought ?? null],
  ["answers-altered", "The answer", (turn) => assistant(turn)?.answer ?? null],
  [
    "calls-altered",
    "The calls",
    (turn) =>
      (assistant(turn)?.calls ?? []).map(({ name, arguments: parsed, argumentsText }) => [name, parsed.ok ? parsed.value : argumentsText]),
  ],
  [
    "arguments-respelled",
    "The spelling of arguments",
    (turn) => (assistant(turn)?.calls ?? []).map(({ argumentsText, arguments: parsed }) => (parsed.ok ? argumentsText : null)),
  ],
  ["unreadable-text-altered", "The text that is no call", (turn) => assistant(turn)?.raw ?? null],
  [
    "call-ids-dropped",
    "The ids",
    (turn) => (turn.role === "tool" ? (turn.callId ?? null) : (assistant(turn)?.calls ?? []).map((call) => call.callId ?? null)),
  ],
  ["result-names-dropped", "The name", (turn) => (turn.role === "tool" ? (turn.name ?? null) : null)],
  ["weights-dropped", "The weight in the loss", (turn) => assistant(turn)?.weight ?? null],
];
