/** @file What a case keeps, from what is known of a wrong output. */
import { hash } from "node:crypto";
import type { CallFinding, FailureCode } from "#contracts/calls.ts";
import type { CaseDecoder } from "#contracts/cases.ts";
import type { Diagnosis } from "#contracts/diagnosis.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { ToolDefinition, Turn } from "#contracts/trajectory.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import type { NewCase } from "#store/cases.ts";

export interface WrongAnswer {
  readonly prompt: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  readonly text: string;
  readonly tokens: GeneratedTokens;
  readonly textOf: (id: number) => string;
  readonly decoder: CaseDecoder;
  /** In the call grammar; null where nobody said what is right. */
  readonly expected: string | null;
  readonly findings: readonly CallFinding[];
  readonly codes: readonly FailureCode[];
  readonly diagnosis: Diagnosis;
}

type Origin = Pick<
  NewCase,
  "title" | "runId" | "model" | "checkpointStep" | "evaluationId" | "failureId" | "trajectoryId" | "turnIndex" | "author" | "createdAt"
>;

export function newCase(wrong: WrongAnswer, origin: Origin): NewCase {
  const { prompt, tools, text, tokens, textOf, decoder, expected, codes, diagnosis } = wrong;
  const range = diagnosis.span?.range;
  const ids = new Set([...tokens.tokenIds, ...tokens.alternativeIds]);
  return {
    ...origin,
    fingerprint: hash("sha256", JSON.stringify([prompt, tools, text]), "hex"),
    code: codes[0] ?? null,
    secondary: codes.slice(1),
    tool: toolOf(wrong),
    place: diagnosis.span?.place ?? null,
    spanText: range === undefined ? "" : text.slice(range.start, range.end),
    prompt: prompt.findLast((turn) => turn.role === "user")?.content ?? "",
    body: { prompt, tools, text, decoder, expected, diagnosis, texts: Object.fromEntries([...ids].map((id) => [id, textOf(id)])) },
    tokens,
  };
}

/** The tool that was to be called, else the one that was. */
function toolOf({ expected, text, findings }: WrongAnswer): string {
  const callIndex = findings[0]?.callIndex ?? 0;
  const due = expected === null ? [] : parseAssistantText(expected).calls;
  const made = parseAssistantText(text).calls;
  const call = due[callIndex] ?? due[0] ?? made[callIndex] ?? made[0];
  return call?.name ?? "";
}
