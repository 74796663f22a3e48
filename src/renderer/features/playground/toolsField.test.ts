import { describe, expect, it } from "vitest";
import { EXAMPLE_TOOLS, readTools } from "./toolsField.ts";

describe("readTools", () => {
  it("takes tools bare and in the OpenAI wrapping", () => {
    const bare = { name: "find", description: "Finds.", parameters: { type: "object" } };
    expect(readTools(JSON.stringify([bare, { type: "function", function: bare }]))).toEqual({ ok: true, tools: [bare, bare] });
  });

  it("takes an empty field for no tool, and fills what a tool may leave out", () => {
    expect(readTools("  ")).toEqual({ ok: true, tools: [] });
    expect(readTools('[{"name":"ping"}]')).toEqual({
      ok: true,
      tools: [{ name: "ping", description: "", parameters: { type: "object", properties: {} } }],
    });
  });

  it("says what is wrong, and with which tool", () => {
    expect(readTools("[{")).toMatchObject({ ok: false, message: expect.stringMatching(/^Not JSON/) });
    expect(readTools("{}")).toEqual({ ok: false, message: "Needs a list of tools: [{ … }]" });
    expect(readTools('[{"name":"a"},{"description":"x"}]')).toEqual({ ok: false, message: "Tool 2 needs a name" });
    expect(readTools('[{"name":"a","parameters":[]}]')).toEqual({
      ok: false,
      message: "The parameters of a need to be a JSON Schema object",
    });
  });

  it("reads its own example back", () => {
    expect(readTools(JSON.stringify(EXAMPLE_TOOLS))).toEqual({ ok: true, tools: EXAMPLE_TOOLS });
  });
});
