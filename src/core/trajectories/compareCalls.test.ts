import { describe, expect, it } from "vitest";
import type { ToolCall, ToolDefinition } from "#contracts/trajectory.ts";
import { compareCalls } from "./compareCalls.ts";
import { parseArguments } from "./parseArguments.ts";
import { parseAssistantText } from "./parseAssistantText.ts";

const TOOLS: ToolDefinition[] = ["f", "g", "h"].map((name) => ({ name, description: "", parameters: {} }));
const textOf = (calls: readonly string[]): string => calls.map((call) => call.replace(/^(\w+)/, "Action: $1\nAction Input:")).join("\n");
const callsOf = (calls: readonly string[]): ToolCall[] =>
  calls.map((call) => {
    const argumentsText = call.slice(2);
    return { name: call[0]!, argumentsText, arguments: parseArguments(argumentsText) };
  });
/** Calls are written as `f {"a": 1}`. */
const compare = (predicted: string[], reference: string[]) =>
  compareCalls(parseAssistantText(textOf(predicted)), callsOf(reference), TOOLS);

describe("comparison with a reference", () => {
  it.each<[string, string[], string[], boolean, boolean]>([
    ["the same text", ['f {"a": 1}'], ['f {"a": 1}'], true, true],
    ["another order of keys", ['f {"b": [1, 2], "a": {"x": 1, "y": 2}}'], ['f {"a": {"y": 2, "x": 1}, "b": [1, 2]}'], false, true],
    ["other spaces and number spelling", ['f { "a":1.0e0 }'], ['f {"a": 1}'], false, true],
    ["parallel calls in another order", ['g {"a": 1}', 'f {"a": 1}'], ['f {"a": 1}', 'g {"a": 1}'], false, true],
    ["a text for a number", ['f {"a": "1"}'], ['f {"a": 1}'], false, false],
    ["another order in a list", ['f {"b": [2, 1]}'], ['f {"b": [1, 2]}'], false, false],
    ["another case", ['f {"a": "oslo"}'], ['f {"a": "Oslo"}'], false, false],
    ["another tool", ['g {"a": 1}'], ['f {"a": 1}'], false, false],
    ["one call twice", ['f {"a": 1}', 'f {"a": 1}'], ['f {"a": 1}'], false, false],
    ["a missing call", ['f {"a": 1}'], ['f {"a": 1}', 'f {"a": 2}'], false, false],
    ["null for nothing", ['f {"a": null}'], ["f {}"], false, false],
    ["the same unreadable text", ["f {a}"], ["f {a}"], true, true],
  ])("judges %s", (_, predicted, reference, exact, structural) => {
    const comparison = compare(predicted, reference);
    expect([comparison.exact, comparison.structural]).toEqual([exact, structural]);
    expect(comparison.findings.length > 0).toBe(!structural);
  });

  it("names a wrong tool only where it was offered (F04)", () => {
    expect(compare(["g {}"], ["f {}"]).findings).toMatchObject([{ code: "F04", fix: 'Call "f".', callIndex: 0 }]);
    expect(compare(["x {}"], ["f {}"]).findings).toEqual([]);
  });

  it("points at each argument that differs (F09)", () => {
    const text = textOf(['f {"a": 1, "b": {"c": "x", "d": 1}, "e": 1}']);
    const { findings } = compareCalls(parseAssistantText(text), callsOf(['f {"a": 2, "b": {"c": "x", "d": 2}, "z": 1}']), TOOLS);
    expect(findings.map(({ code, pointer, range }) => [code, pointer, text.slice(range!.start, range!.end)])).toEqual([
      ["F09", "/z", '{"a": 1, "b": {"c": "x", "d": 1}, "e": 1}'],
      ["F09", "/a", "1"],
      ["F09", "/b/d", "1"],
      ["F09", "/e", '"e"'],
    ]);
  });

  it("recognises swapped arguments", () => {
    const { findings } = compare(['f {"from": "Oslo", "to": "Rome"}'], ['f {"from": "Rome", "to": "Oslo"}']);
    expect(findings).toMatchObject([{ code: "F09", message: '"from" and "to" are swapped.' }]);
    expect(compare(['f {"from": "Oslo", "to": "Rome"}'], ['f {"from": "Rome", "to": "Rom"}']).findings).toHaveLength(2);
  });

  it("counts too few, extra and repeated calls (F10)", () => {
    expect(compare(['f {"a": 1}'], ['f {"a": 1}', "g {}"]).findings).toMatchObject([{ code: "F10", fix: 'Add the call of "g".' }]);
    expect(compare(['f {"a": 1}', "h {}"], ['f {"a": 1}']).findings).toMatchObject(
      [{ code: "F10", message: /^Extra/, callIndex: 1 }].map((finding) => ({
        ...finding,
        message: expect.stringMatching(/^Extra/) as unknown as string,
      })),
    );
    expect(compare(["f {}", "f {}"], ["f {}"]).findings[0]!.message).toMatch(/^Repeated/);
  });

  it("pairs calls by what they have in common before it judges them", () => {
    const { findings } = compare(['f {"a": 2}', 'f {"a": 1, "b": 9}'], ['f {"a": 1, "b": 1}', 'f {"a": 2}']);
    expect(findings).toMatchObject([{ code: "F09", pointer: "/b", callIndex: 1 }]);
  });

  it("leaves text against calls to the decision, and what is unreadable to the checker", () => {
    expect(compareCalls(parseAssistantText("Answer: no"), callsOf(["f {}"]), TOOLS)).toEqual({
      exact: false,
      structural: false,
      findings: [],
    });
    expect(compareCalls(parseAssistantText("Answer: no"), [], TOOLS)).toEqual({ exact: true, structural: true, findings: [] });
    expect(compareCalls(parseAssistantText("hm"), [], TOOLS)).toMatchObject({ exact: false, structural: false });
    expect(compare(["f {"], ["f {}"])).toMatchObject({ structural: false });
  });
});
