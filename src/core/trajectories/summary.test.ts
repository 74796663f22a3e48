import { describe, expect, it } from "vitest";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { parseArguments } from "./parseArguments.ts";
import { summaryOf, titleOf } from "./summary.ts";

const content = (turns: readonly Turn[], rest: Partial<TrajectoryContent> = {}): TrajectoryContent => ({
  tools: [],
  turns,
  metadata: {},
  ...rest,
});
const user = (text: string): Turn => ({ role: "user", content: text });

describe("titleOf", () => {
  it("is the first user turn on one line, without ToolBench's frame", () => {
    expect(titleOf(content([{ role: "system", content: "s" }, user("\nFind\n a \t flat\nBegin!\n"), user("later")]))).toBe("Find a flat");
    expect(titleOf(content([]))).toBe("(no user turn)");
    expect(titleOf(content([user(" \n")]))).toBe("(empty user turn)");
  });

  it("has 200 characters at most and no half character at its end", () => {
    const title = titleOf(content([user("😀".repeat(5_000_000))]));
    expect(title.length).toBeLessThanOrEqual(200);
    // throws on half a character
    expect(encodeURIComponent(title)).toContain("%F0%9F%98%80");
    expect(titleOf(content([user("x".repeat(200))]))).toBe("x".repeat(200));
    expect(titleOf(content([user("x".repeat(201))]))).toBe(`${"x".repeat(199)}…`);
  });
});

describe("summaryOf", () => {
  it("counts calls, and turns and arguments that cannot be read", () => {
    const call = (argumentsText: string) => ({ name: "a", argumentsText, arguments: parseArguments(argumentsText) });
    const turns: Turn[] = [
      user("q"),
      { role: "assistant", calls: [call("{}"), call("{")] },
      { role: "assistant", calls: [], raw: "??" },
      { role: "assistant", calls: [], answer: "ok" },
    ];
    expect(summaryOf(content(turns))).toEqual({ title: "q", numTurns: 4, numCalls: 2, numTools: 0, numUnreadable: 2 });
  });
});
