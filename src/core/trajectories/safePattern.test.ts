import { describe, expect, it } from "vitest";
import { isSafe, safePattern } from "./safePattern.ts";

describe("patterns of imported schemas", () => {
  it.each([
    "^[A-Z]{2}\\d+$",
    "^\\d{4}-\\d{2}-\\d{2}$",
    "^(red|green)$",
    "(ab)?c",
    "^[^@]+@[^@]+\\.[a-z]{2,6}$",
    "(?:x{1,3}|y)z",
    "a[+*(]b",
    "(?i:x)?",
  ])("%s is tested", (source) => expect(isSafe(source)).toBe(true));

  it.each([
    "(a+)+$",
    "(a|a)*$",
    "((a*))+",
    "(x?|y+){2,}",
    "(.*)\\1",
    "a*b*c*d*e",
    "(a{1,50}){1,50}",
    "(",
    "a)",
    "[a",
    "x".repeat(300),
    "(a+){3}",
  ])("%s is left out", (source) => expect(isSafe(source)).toBe(false));

  it("restrict what they match, unless text or pattern are beyond what is tested", () => {
    expect(safePattern("^a+$").test("aab")).toBe(false);
    expect(safePattern("^a+$").test("aaa")).toBe(true);
    expect(safePattern("^a+$").test("b".repeat(1000))).toBe(true);
    expect(safePattern("^(a+)+$").test("b")).toBe(true);
    expect(safePattern("^\\p{Lu}").test("é")).toBe(false);
    expect(safePattern("[\\w-.]").test("x")).toBe(true);
  });
});
