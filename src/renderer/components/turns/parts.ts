/** @file A conversation as the list of parts a screen shows: each turn split by segment, with the findings that belong there. */
import type { CallCheck, CallFinding, FailureCode } from "#contracts/calls.ts";
import type { Segment } from "#contracts/example.ts";
import type { ToolCall, ToolDefinition, Turn } from "#contracts/trajectory.ts";
import type { Severity } from "../../ui/severity.ts";

/** The tools belong to no turn; where a turn is meant they are this one. */
export const TOOLS_TURN = -1;

interface PartBase {
  readonly key: string;
  readonly segment: Segment;
  readonly word: string;
  /** `TOOLS_TURN` for the tools. */
  readonly turnIndex: number;
  readonly isAssistant: boolean;
  readonly findings: readonly CallFinding[];
  /** False where a target list leaves the turn out. */
  readonly isTarget: boolean;
}
export type Part = PartBase &
  (
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "tools"; readonly tools: readonly ToolDefinition[] }
    | { readonly kind: "call"; readonly call: ToolCall; readonly callIndex: number }
    | { readonly kind: "raw"; readonly text: string }
    | { readonly kind: "result"; readonly text: string; readonly tool: string | undefined }
  );

export interface Conversation {
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly Turn[];
  readonly targets?: readonly number[] | undefined;
}

export function partsOf({ tools, turns, targets }: Conversation, checks: Readonly<Record<number, CallCheck>> = {}): Part[] {
  const parts: Part[] = [];
  const toolsPart: Part = {
    key: "tools",
    kind: "tools",
    segment: "tools",
    word: "Tools",
    turnIndex: TOOLS_TURN,
    isAssistant: false,
    findings: [],
    isTarget: false,
    tools,
  };
  let toolsShown = tools.length === 0;
  turns.forEach((turn, turnIndex) => {
    // Tools stand after the system text, as the model sees them.
    if (turn.role !== "system" && !toolsShown) {
      parts.push(toolsPart);
      toolsShown = true;
    }
    parts.push(...partsOfTurn(turn, turnIndex, checks[turnIndex]?.findings ?? [], targets === undefined || targets.includes(turnIndex)));
  });
  if (!toolsShown) parts.push(toolsPart);
  return parts;
}

function partsOfTurn(turn: Turn, turnIndex: number, findings: readonly CallFinding[], isTarget: boolean): Part[] {
  const part = (name: string, segment: Segment, word: string): PartBase => ({
    key: `${turnIndex} ${name}`,
    segment,
    word,
    turnIndex,
    isAssistant: turn.role === "assistant",
    findings: [],
    isTarget: false,
  });
  switch (turn.role) {
    case "system":
      return [{ ...part("system", "system", "System"), kind: "text", text: turn.content }];
    case "user":
      return [{ ...part("user", "user", "User"), kind: "text", text: turn.content }];
    case "tool":
      return [{ ...part("result", "result", "Result"), kind: "result", text: turn.content, tool: turn.name }];
    case "assistant": {
      if (turn.raw !== undefined) return [{ ...part("raw", "finalAnswer", "As written"), kind: "raw", text: turn.raw, findings, isTarget }];
      const parts: Part[] = [];
      if (turn.thought !== undefined && turn.thought !== "")
        parts.push({ ...part("thought", "thought", "Thought"), kind: "text", text: turn.thought, isTarget });
      turn.calls.forEach((call, callIndex) => {
        const own = findings.filter((finding) => finding.callIndex === callIndex);
        parts.push({ ...part(`call ${callIndex}`, "toolName", "Call"), kind: "call", call, callIndex, findings: own, isTarget });
      });
      if (turn.answer !== undefined) parts.push({ ...part("answer", "finalAnswer", "Answer"), kind: "text", text: turn.answer, isTarget });
      const placed = new Set(parts.flatMap((made) => made.findings));
      const rest = findings.filter((finding) => !placed.has(finding));
      const last = parts.at(-1);
      if (last !== undefined && rest.length > 0) parts[parts.length - 1] = { ...last, findings: [...last.findings, ...rest] };
      return parts;
    }
  }
}

const WARNINGS: ReadonlySet<FailureCode> = new Set(["F08", "F10", "F14"]);

export function severityOf(code: FailureCode): Severity {
  return WARNINGS.has(code) ? "warning" : "error";
}
