/**
 * @file What keeps a turn from being read back as it was written.
 *
 * The model is trained on the text of a turn, and its output is read by the strict grammar. An edit must not make a turn whose text means
 * something else than its parts: a thought that holds a line "Action: ..." would come back as a call.
 */
import type { AssistantTurn, ToolCall, TrajectoryContent, Turn } from "#contracts/trajectory.ts";

/** Null where the turn's text, read by the grammar, gives its parts again. */
export function faultOfTurn(turn: Turn): string | null {
  return turn.role === "assistant" ? faultOfAssistant(turn) : null;
}

function faultOfAssistant(turn: AssistantTurn): string | null {
  const { thought, calls, answer, raw } = turn;
  if (raw !== undefined) {
    const hasParts = calls.length > 0 || thought !== undefined || answer !== undefined;
    return hasParts ? "it is kept as raw text, which has no parts" : null;
  }
  if (calls.length > 0 && answer !== undefined) return "a turn either calls tools or answers, not both";
  if (calls.length === 0 && answer === undefined) return "a turn needs a call or an answer";
  if (thought === "") return "an empty thought is no thought";
  if (thought !== undefined && /\n(Action|Answer): /.test(thought)) {
    return 'a thought ends at a line that starts with "Action: " or "Answer: "; write that part as a call or an answer';
  }
  for (const call of calls) {
    const fault = faultOfCall(call);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfCall({ name, argumentsText }: ToolCall): string | null {
  if (name.trim() === "") return "a call needs the name of a tool";
  if (name.includes("\n")) return "the name of a tool is one line";
  if (argumentsText.includes("\nAction: "))
    return 'arguments end at a line that starts with "Action: "; write that part as a call of its own';
  return null;
}

/** The same for a whole content: turns and targets. For tests and for what comes in from outside. */
export function faultOfContent({ turns, targets }: TrajectoryContent): string | null {
  for (const [i, turn] of turns.entries()) {
    const fault = faultOfTurn(turn);
    if (fault !== null) return `turn ${i + 1}: ${fault}`;
  }
  const isRight = (target: number, k: number): boolean => turns[target]?.role === "assistant" && (k === 0 || targets![k - 1]! < target);
  return targets === undefined || targets.every(isRight) ? null : "a target is no turn of the assistant, or out of order";
}
