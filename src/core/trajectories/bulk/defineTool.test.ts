import { describe, expect, it } from "vitest";
import { operationSchema } from "#contracts/changes.ts";
import type { ContentOperation } from "#contracts/bulk.ts";
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { prepareBulkEdit, type BulkChange } from "./bulkEdit.ts";

const parameters = (...names: string[]) => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
});
const old = { name: "fee", description: "The fee.", parameters: parameters("ref") } satisfies ToolDefinition;
const other = { name: "rate", description: "The fee.", parameters: parameters("ref") } satisfies ToolDefinition;
const wanted = { description: "The fee of a parcel.", parameters: parameters("ref", "date") };
const content = (...tools: ToolDefinition[]): TrajectoryContent => ({
  tools,
  turns: [{ role: "user", content: "The fee." }],
  metadata: { kept: 1 },
});

const define = (from: readonly unknown[], to: unknown) => prepareBulkEdit(operationSchema.parse(defined(from, to)) as ContentOperation);
const defined = (from: readonly unknown[], to: unknown) => ({ type: "defineTool", tool: "fee", from, to });

describe("defining a tool anew", () => {
  it("exchanges the definition where it stands, and names what differs", () => {
    const edit = define([old], wanted);
    const { content: next, hits } = edit(content(other, old)) as BulkChange;
    expect(next).toEqual(content(other, { name: "fee", ...wanted }));
    expect(hits.map(({ tool, pointer, before, after, lead }) => [tool, pointer, before, after, lead])).toEqual([
      [1, "/description", "", " of a parcel", "The fee"],
      [1, "/parameters", "", ',"date":{"type":"string"}', expect.stringContaining('"ref":{"type":"string"')],
    ]);
  });

  it("leaves a definition that is not the one meant, be it by the order of its keys", () => {
    const turned = { ...old, parameters: { properties: old.parameters.properties, type: "object" } };
    const with_ = { ...old, extra: { strict: true } };
    for (const tools of [[turned], [with_], [other], []]) {
      const of = content(...tools);
      expect(define([old], wanted)(of)).toMatchObject({ content: of, hits: [] });
    }
    expect((define([old], wanted)(content(turned)) as BulkChange).content.tools[0]).toBe(turned);
  });

  it("makes several definitions one, and two in one list one where the first stood", () => {
    const edit = define([old, { ...old, description: "Old." }, wanted], wanted);
    const { content: next, hits } = edit(content({ ...old, description: "Old." }, other, old, { name: "fee", ...wanted })) as BulkChange;
    expect([next.tools, hits.length]).toEqual([[{ name: "fee", ...wanted }, other], 4]);
  });

  it("keeps and takes away fields beyond the schema", () => {
    const strict = { ...old, extra: { strict: true } };
    const [added] = (define([old], strict)(content(old)) as BulkChange).content.tools;
    expect(added).toEqual(strict);
    expect((define([strict], old)(content(strict)) as BulkChange).content.tools).toEqual([old]);
  });

  it("shares the edited list between the contents that share the list", () => {
    const tools = [old];
    const edit = define([old], wanted);
    const of = (user: string): TrajectoryContent => ({ ...content(), tools, turns: [{ role: "user", content: user }] });
    const [one, two] = [edit(of("a")) as BulkChange, edit(of("b")) as BulkChange];
    expect(one.content.tools).toBe(two.content.tools);
  });

  it("refuses to exchange a definition for itself", () => {
    expect(() => define([old], old)).toThrow("the new definition is the old one");
  });
});
