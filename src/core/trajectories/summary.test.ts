import { describe, expect, it } from "vitest";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { contentHashInput } from "./canonical.ts";
import { decodeUtf8, utf8Length } from "./decodeUtf8.ts";
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

describe("contentHashInput", () => {
  const text = (value: TrajectoryContent): string => new TextDecoder().decode(contentHashInput(value));
  const tool = (properties: TrajectoryContent["tools"][number]["parameters"]) => ({
    name: "t",
    description: "",
    parameters: { properties },
  });

  it("is the same for equal contents, whatever the order of their metadata", () => {
    const a = content([user("x")], { metadata: { b: 1, a: { d: [1], c: null } } });
    const b = content([user("x")], { metadata: { a: { c: null, d: [1] }, b: 1 } });
    expect(text(a)).toBe(text(b));
  });

  it("differs in whatever differs", () => {
    const variants = [
      content([user("x")]),
      content([user("\ud800")]),
      content([user("\ufffd")]),
      content([{ role: "system", content: "x" }]),
      content([user("x")], { targets: [] }),
      content([user("x")], { metadata: { __proto__x: 1 } }),
      content([user("x")], { metadata: JSON.parse('{"__proto__": 1}') as Record<string, number> }),
      content([user("x")], { tools: [tool({ a: 1, b: 2 })] }),
      content([user("x")], { tools: [tool({ b: 2, a: 1 })] }),
      content([{ role: "assistant", calls: [], answer: "" }]),
      content([{ role: "assistant", calls: [], raw: "" }]),
      content([{ role: "assistant", thought: "", calls: [], answer: "" }]),
      content([{ role: "tool", content: "x", name: "n" }]),
      content([{ role: "tool", content: "x", callId: "n" }]),
    ];
    expect(new Set(variants.map(text)).size).toBe(variants.length);
  });
});

describe("decodeUtf8", () => {
  it("names the first byte that breaks the encoding", () => {
    const cases: readonly (readonly [readonly number[], number])[] = [
      [[0x61, 0x80], 1],
      [[0xc0, 0xaf], 0],
      [[0xe0, 0x80, 0x80], 0],
      [[0x61, 0xed, 0xa0, 0x80], 1],
      [[0xf4, 0x90, 0x80, 0x80], 0],
      [[0xf0, 0x9f, 0x98], 0],
      [[0xe2, 0x82, 0xac, 0xe2, 0x82], 3],
      [[0xff, 0xfe], 0],
    ];
    expect(cases.map(([bytes]) => decodeUtf8(new Uint8Array(bytes)))).toEqual(cases.map(([, offset]) => ({ ok: false, offset })));
    expect(decodeUtf8(new TextEncoder().encode("aé€😀\ufeff"))).toEqual({ ok: true, text: "aé€😀\ufeff" });
  });

  it("counts bytes as they are in the file", () => {
    const text = "aé€😀b";
    expect([0, 1, 2, 3, 5, 6].map((end) => utf8Length(text, end))).toEqual([0, 1, 3, 6, 10, 11]);
  });
});
