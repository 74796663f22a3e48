import { describe, expect, it } from "vitest";
import type { ToolCall } from "#contracts/trajectory.ts";
import { argumentOf, callPieces } from "./callText.ts";

const call = (value: Record<string, never> | object): ToolCall => ({
  name: "book",
  argumentsText: JSON.stringify(value),
  arguments: { ok: true, value: value as never },
});
const text = (made: ToolCall) =>
  callPieces(made)!
    .map((piece) => piece.text)
    .join("");

describe("callPieces", () => {
  it("writes a short call on one line", () => {
    expect(text(call({ id: "BK-1", seats: 2, tags: ["a", { deep: null }] }))).toBe(
      'book(id: "BK-1", seats: 2, tags: ["a", {"deep": null}])',
    );
    expect(text(call({}))).toBe("book()");
  });

  it("gives each argument of a long call its own line", () => {
    expect(text(call({ first: "x".repeat(60), second: "y".repeat(40) })).split("\n")).toHaveLength(4);
  });

  it("has no pieces for arguments that could not be read", () => {
    expect(callPieces({ name: "book", argumentsText: "{", arguments: { ok: false, message: "ends early", offset: 1 } })).toBeNull();
  });

  it("knows which argument a finding is about", () => {
    expect([argumentOf("/a~1b/0"), argumentOf(""), argumentOf(undefined)]).toEqual(["a/b", undefined, undefined]);
  });
});
