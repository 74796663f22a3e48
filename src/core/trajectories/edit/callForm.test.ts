import { describe, expect, it } from "vitest";
import type { CallFinding } from "#contracts/calls.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { callForm, findingRange, initialValue, readTyped, type FormField } from "./callForm.ts";
import { completeJson } from "./completeJson.ts";
import { readCall } from "./index.ts";

const tool: ToolDefinition = {
  name: "book",
  description: "",
  parameters: {
    type: "object",
    properties: {
      city: { type: "str", description: "Where to." },
      nights: { type: "integer", default: 1 },
      cabin: { enum: ["economy", "first"] },
      pets: { type: "boolean" },
      guest: { type: "dict", properties: { name: { type: "string" }, age: { type: "integer" } }, required: ["name"] },
      tags: { type: "array", items: { type: "string", enum: ["a", "b"] } },
    },
    required: ["city", "guest"],
  },
};
const formOf = (text: string, findings: readonly CallFinding[] = []) => {
  const form = callForm(readCall("book", text), [tool], { findings, grounds: { "/city": { kind: "turn", turnIndex: 1 } } });
  if (!form.isUsable) throw new Error(form.reason);
  return form;
};
const brief = ({ name, kind, isPresent, isKnown, isWrongKind }: FormField) => [name, kind, isPresent, isKnown, isWrongKind];
const finding = (code: CallFinding["code"], pointer?: string): CallFinding => ({
  code,
  message: "",
  fix: "",
  callIndex: 0,
  ...(pointer === undefined ? {} : { pointer }),
});

describe("callForm", () => {
  it("has a field for each required and each present argument, and offers the others", () => {
    const { root } = formOf('{"nights": 2.0, "seat": "12A", "cabin": "first"}');
    expect(root.fields.map(brief)).toEqual([
      ["city", "text", false, true, false],
      ["nights", "integer", true, true, false],
      ["cabin", "choice", true, true, false],
      ["guest", "object", false, true, false],
      ["seat", "text", true, false, false],
    ]);
    expect(root.addable.map(({ name }) => name)).toEqual(["pets", "tags"]);
    expect(root.fields.map(({ text }) => text)).toEqual(["", "2.0", "first", "", "12A"]);
    expect(root.fields[0]).toMatchObject({ isRequired: true, description: "Where to.", ground: { kind: "turn", turnIndex: 1 } });
    expect(root.fields[3]!.fields.map(({ name, pointer }) => [name, pointer])).toEqual([["name", "/guest/name"]]);
  });

  it("shows a value of another kind as it is, and says so", () => {
    const { root } = formOf('{"city": 5, "nights": "two", "cabin": "royal", "guest": "Ada", "pets": null, "tags": ["a", "c"]}');
    expect(root.fields.map(brief)).toEqual([
      ["city", "text", true, true, true],
      ["nights", "integer", true, true, true],
      ["cabin", "choice", true, true, true],
      ["pets", "json", true, true, true],
      ["guest", "text", true, true, true],
      ["tags", "list", true, true, false],
    ]);
    expect(root.fields[5]!.fields.map(brief)).toEqual([
      ["1", "choice", true, true, false],
      ["2", "choice", true, true, true],
    ]);
    expect(root.fields[5]!.newElement).toBe("a");
  });

  it("puts each finding at the innermost field it is about", () => {
    const findings = [finding("F05", "/guest"), finding("F07", "/tags/0/deep"), finding("F10"), finding("F02"), finding("F07", "")];
    const form = formOf('{"city": "Oslo", "tags": ["a"]}', findings);
    const places = new Map<CallFinding, string>();
    const visit = (field: FormField): void => {
      for (const own of field.findings) places.set(own, field.pointer);
      field.fields.forEach(visit);
    };
    visit(form.root);
    expect([...places.values()].sort()).toEqual(["", "/guest", "/tags/0"]);
    expect([form.nameFindings, form.otherFindings]).toEqual([[finding("F02")], [finding("F10")]]);
  });

  it("is not usable where the arguments cannot be read, and says where", () => {
    expect(callForm(readCall("book", '{"city"'), [tool])).toMatchObject({ isUsable: false, offset: 7 });
  });

  it("shows the arguments of a tool that nobody offers", () => {
    const form = callForm(readCall("other", '{"a": {"b": [1]}}'), [tool]);
    expect(form.isUsable && form.root.fields[0]!.fields[0]!.fields.map(brief)).toEqual([["1", "number", true, true, false]]);
  });

  it("reads what is typed: numbers where they are numbers, JSON where nothing else fits", () => {
    expect(readTyped("integer", " 12 ")).toEqual({ ok: true, value: 12 });
    expect(readTyped("number", "twelve")).toEqual({ ok: true, value: "twelve" });
    expect(readTyped("text", "12")).toEqual({ ok: true, value: "12" });
    expect(readTyped("json", "[1,")).toMatchObject({ ok: false });
    const schemas: readonly JsonObject[] = [{ type: "array" }, { minimum: 3, type: "integer" }, { enum: ["x"] }];
    expect(schemas.map((schema) => initialValue(schema))).toEqual([[], 3, "x"]);
  });

  it("places findings in the text", () => {
    const text = '{"city": "Oslo", "seat": 1, "guest": {}}';
    const cut = (code: CallFinding["code"], pointer?: string) => {
      const { start, end } = findingRange(text, finding(code, pointer));
      return text.slice(start, end);
    };
    expect([cut("F06", "/seat"), cut("F07", "/city"), cut("F05", "/guest/name"), cut("F10")]).toEqual(['"seat"', '"Oslo"', "{", text]);
  });
});

describe("completeJson", () => {
  /** The place is marked by a bar. */
  const at = (marked: string) => {
    const offset = marked.indexOf("|");
    const text = marked.replace("|", "");
    const completion = completeJson(text, offset, tool.parameters);
    return completion === null
      ? null
      : { replaced: text.slice(completion.from, completion.to), labels: completion.options.map(({ label }) => label) };
  };

  it("offers the keys that the object lacks", () => {
    expect(at('{"city": "Oslo", |}')).toEqual({ replaced: "", labels: ["nights", "cabin", "pets", "guest", "tags"] });
    expect(at('{"ci|')).toMatchObject({ replaced: '"ci', labels: expect.arrayContaining(["city"]) });
    expect(at('{"|": 1}')).toMatchObject({ replaced: '""' });
    expect(at('{"guest": {"age": 3, na|}}')).toEqual({ replaced: "na", labels: ["name"] });
  });

  it("offers the values that the schema lists", () => {
    expect(at('{"cabin": |}')).toEqual({ replaced: "", labels: ["economy", "first"] });
    expect(at('{"cabin": "f|irst", "city": "x"}')).toEqual({ replaced: '"first"', labels: ["economy", "first"] });
    expect(at('{"pets": t|')).toEqual({ replaced: "t", labels: ["true", "false"] });
    expect(at('{"tags": ["a", |]}')).toEqual({ replaced: "", labels: ["a", "b"] });
  });

  it("offers nothing where only a comma or bracket can come", () => {
    expect([at('{"cabin": "first" |}'), at('{"city": |}'), at("|"), at('{"guest": {}|}')]).toEqual([null, null, null, null]);
  });
});
