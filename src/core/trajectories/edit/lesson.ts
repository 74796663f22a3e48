/** @file Whether there is something to learn from a trajectory that is being written. */
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { faultOfTurn } from "./turnFaults.ts";

export function saysSomething(turn: Turn): boolean {
  if (turn.role !== "assistant") return turn.content.trim() !== "";
  return turn.calls.length > 0 || (turn.raw ?? turn.answer ?? "").trim() !== "";
}

/** What its last turn or what is asked still lacks; empty: nothing. */
export function missingInLesson({ turns }: Pick<TrajectoryContent, "turns">): string {
  if (!turns.some((turn) => turn.role === "user" && saysSomething(turn))) return "Write what the user says first";
  const last = turns.at(-1);
  if (last?.role !== "assistant" || !saysSomething(last)) return "Write the right turn first";
  const fault = faultOfTurn(last);
  return fault === null ? "" : `The right turn would not hold: ${fault}`;
}
