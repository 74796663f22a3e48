/** @file What lists filter a content by: its tools, and what the call checker finds in any of its turns. */
import { FAILURE_CODES, type FailureCode } from "#contracts/calls.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { checkTurns } from "./checkCalls.ts";

/** Grows with every change to the checker or to this file that gives other facts: they are then made anew. */
export const FACTS_VERSION = 1;

export interface ContentFacts {
  /** In order of precedence, each once. */
  readonly findings: readonly FailureCode[];
  readonly offered: readonly string[];
  readonly called: readonly string[];
}

/** @param knownTools every tool of the workspace, to tell "not offered" from "invented" */
export function factsOf(content: TrajectoryContent, knownTools: ReadonlySet<string>): ContentFacts {
  const found = new Set<FailureCode>();
  for (const check of checkTurns(content, knownTools).values()) for (const finding of check.findings) found.add(finding.code);
  const called = content.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map((call) => call.name) : []));
  return {
    findings: (Object.keys(FAILURE_CODES) as FailureCode[]).filter((code) => found.has(code)),
    offered: distinct(content.tools.map((tool) => tool.name)),
    called: distinct(called),
  };
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
