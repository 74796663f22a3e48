import { describe, expect, it } from "vitest";
import { pythonCallText, readPythonCalls, type PythonCallOptions } from "./pythonCalls.ts";

const read = (text: string, options?: PythonCallOptions): unknown => {
  const found = readPythonCalls(text, options);
  return found.ok ? found.calls.map((call) => `${call.name} ${call.argumentsText}`) : found.offset;
};

describe("calls in Python's syntax", () => {
  it("are read with their literals, JSON's words among them, in a list or alone", () => {
    expect(read("[a(x='1', y=[1, 2.5], z={'k': None}), b.c()]")).toEqual(['a {"x":"1","y":[1,2.5],"z":{"k":null}}', "b.c {}"]);
    expect(read("Get It(ok=true, no=false, n=null)->more")).toEqual(['Get It {"ok":true,"no":false,"n":null}']);
  });

  it("come back as they were", () => {
    const text = "a(x='it\\'s', y=[1, True])";
    const found = readPythonCalls(text);
    expect(found.ok && found.calls.map(pythonCallText)).toEqual(['a(x="it\'s", y=[1, True])']);
  });

  it("take words without quotes up to the next argument, only where that is allowed", () => {
    const text = "[a(location=New York, date=2034-01-01 10:00:00, n=2, t='x')]";
    expect(read(text)).toBe(12);
    expect(read(text, { mayBeBare: true })).toEqual(['a {"location":"New York","date":"2034-01-01 10:00:00","n":2,"t":"x"}']);
  });

  it("say where they cannot be read", () => {
    for (const [text, offset] of [
      ["", 0],
      ["[a(x=1)", 7],
      ["a(1)", 2],
      ["a(x=1", 5],
      ["[a(x=1) b()]", 8],
      ["a(x=f())", 4],
    ] as const)
      expect([text, read(text)]).toEqual([text, offset]);
  });

  it("are read in linear time, whatever they hold", () => {
    for (const text of [`a(${"x=1,".repeat(20_000)}`, `a(x=${"[".repeat(5000)}`, `a(${"x".repeat(100_000)}`, "a(".repeat(50_000)])
      expect(readPythonCalls(text, { mayBeBare: true }).ok).toBe(false);
  });
});
