/** @file How the tools that two prompts offer differ, in one sentence; only their names count. */
import type { ToolDefinition } from "#contracts/trajectory.ts";

export function toolDifference(ofCase: readonly ToolDefinition[], ofExample: readonly ToolDefinition[]): string {
  const [a, b] = [[...new Set(ofCase.map(({ name }) => name))], [...new Set(ofExample.map(({ name }) => name))]] as const;
  const parts = [
    ["both offer", a.filter((name) => b.includes(name))],
    ["only the case", a.filter((name) => !b.includes(name))],
    ["only the example", b.filter((name) => !a.includes(name))],
  ] as const;
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([words, names]) => `${words} ${names.join(", ")}`)
    .join("; ");
}
