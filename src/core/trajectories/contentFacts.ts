/** @file What lists filter a content by: its tools, what the call checker finds in any of its turns, and what became of its calls. */
import { FAILURE_CODES, type CallCheck, type FailureCode } from "#contracts/calls.ts";
import type { ToolTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { isFailedResult, resultOf } from "./callResults.ts";
import { checkTurns } from "./checkCalls.ts";

/** Grows with every change to the checker or to this file that gives other facts: they are then made anew. */
export const FACTS_VERSION = 2;

/** The calls of one tool. */
export interface CallFacts {
  readonly tool: string;
  readonly numCalls: number;
  /** Those that the call checker objects to. */
  readonly numFaulty: number;
  /** Those whose result is recorded, and those of them whose result says that they failed. */
  readonly numAnswered: number;
  readonly numFailed: number;
}

export interface ContentFacts {
  /** In order of precedence, each once. */
  readonly findings: readonly FailureCode[];
  readonly offered: readonly string[];
  readonly called: readonly string[];
  /** One for each tool called. */
  readonly calls: readonly CallFacts[];
}

/** @param knownTools every tool of the workspace, to tell "not offered" from "invented" */
export function factsOf(content: TrajectoryContent, knownTools: ReadonlySet<string>): ContentFacts {
  const checks = checkTurns(content, knownTools);
  const found = new Set<FailureCode>();
  for (const check of checks.values()) for (const finding of check.findings) found.add(finding.code);
  const calls = callFactsOf(content, checks);
  return {
    findings: (Object.keys(FAILURE_CODES) as FailureCode[]).filter((code) => found.has(code)),
    offered: distinct(content.tools.map((tool) => tool.name)),
    called: distinct(calls.map(({ tool }) => tool)),
    calls,
  };
}

function callFactsOf({ turns }: TrajectoryContent, checks: ReadonlyMap<number, CallCheck>): readonly CallFacts[] {
  const byTool = new Map<string, { -readonly [Key in keyof CallFacts]: CallFacts[Key] }>();
  turns.forEach((turn, i) => {
    if (turn.role !== "assistant") return;
    const faulty = new Set(checks.get(i)?.findings.map(({ callIndex }) => callIndex));
    turn.calls.forEach(({ name: tool }, c) => {
      let facts = byTool.get(tool);
      if (facts === undefined) byTool.set(tool, (facts = { tool, numCalls: 0, numFaulty: 0, numAnswered: 0, numFailed: 0 }));
      facts.numCalls++;
      if (faulty.has(c)) facts.numFaulty++;
      const result = resultOf(turns, i, turn.calls, c);
      if (typeof result !== "number") return;
      facts.numAnswered++;
      if (isFailedResult((turns[result] as ToolTurn).content)) facts.numFailed++;
    });
  });
  return [...byTool.values()];
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
