/** @file A parameter of one tool under another name: in its definition and in its calls, and in no other tool's. */
import type { ContentHit, RenameParameterOperation } from "#contracts/bulk.ts";
import type { JsonObject } from "#contracts/json.ts";
import type { ToolCall, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { escapePointer, scanJsonParts } from "../jsonParts.ts";
import { isJsonObject } from "../normalizeSchema.ts";
import type { BulkOutcome } from "./bulkEdit.ts";
import { editContent, type EditedTools, type PartEdit } from "./editContent.ts";
import { escaped } from "./jsonEdits.ts";
import { requireOtherName } from "./renameTool.ts";
import { hitOf } from "./textEdits.ts";

type RenamedTools = EditedTools | { readonly skip: string };

export function prepareRenameParameter(operation: RenameParameterOperation): (content: TrajectoryContent) => BulkOutcome {
  const { tool, from, to } = operation;
  requireOtherName(from, to);
  const seenTools = new WeakMap<readonly ToolDefinition[], RenamedTools>();
  return (content) => {
    const renamed = seenTools.get(content.tools) ?? renameInDefinitions(content.tools, operation);
    seenTools.set(content.tools, renamed);
    if ("skip" in renamed) return renamed;
    let collides = false;
    let numLeft = 0;
    const inCall = ({ name, argumentsText, arguments: parsed }: ToolCall): readonly PartEdit[] => {
      if (name !== tool) return [];
      if (!parsed.ok) {
        if (argumentsText.includes(JSON.stringify(from))) numLeft++;
        return [];
      }
      if (!Object.hasOwn(parsed.value, from)) return [];
      collides ||= Object.hasOwn(parsed.value, to);
      return keyEdits(argumentsText, from, to);
    };
    const edited = editContent(content, { text: () => [], arguments: inCall, tools: () => renamed });
    return collides ? { skip: `a call of "${tool}" has "${to}" already` } : { ...edited, numLeft };
  };
}

/** A key of the outermost object, between its quotes; a key that is written twice is renamed twice. */
export function keyEdits(argumentsText: string, from: string, to: string): PartEdit[] {
  const pointer = `/${escapePointer(from)}`;
  return scanJsonParts(argumentsText).flatMap(({ kind, pointer: its, range: { start, end } }) =>
    kind === "key" && its === pointer ? [{ start: start + 1, end: end - 1, after: escaped(to), part: "argumentKey" as const }] : [],
  );
}

function renameInDefinitions(tools: readonly ToolDefinition[], { tool: name, from, to }: RenameParameterOperation): RenamedTools {
  const hits: ContentHit[] = [];
  let collides = false;
  const renamed = tools.map((tool, index): ToolDefinition => {
    const { properties } = tool.parameters;
    if (tool.name !== name || !isJsonObject(properties) || !Object.hasOwn(properties, from)) return tool;
    collides ||= Object.hasOwn(properties, to);
    const place = { turn: null, tool: index, pointer: `/parameters/properties/${escapePointer(from)}`, part: "tools" } as const;
    hits.push(hitOf(from, { start: 0, end: from.length, after: to }, place));
    return { ...tool, parameters: renameInSchema(tool.parameters, from, to) };
  });
  if (collides) return { skip: `its "${name}" has a parameter "${to}" already` };
  return hits.length === 0 ? { tools, hits } : { tools: renamed, hits };
}

/** In properties, in the order they stand, and among the required and the optional ones. */
function renameInSchema(schema: JsonObject, from: string, to: string): JsonObject {
  const rename = (key: string): string => (key === from ? to : key);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "properties" && isJsonObject(value)) {
        return [key, Object.fromEntries(Object.entries(value).map(([name, its]) => [rename(name), its]))];
      }
      const isNames = (key === "required" || key === "optional") && Array.isArray(value);
      return [key, isNames ? value.map((name) => (typeof name === "string" ? rename(name) : name)) : value];
    }),
  );
}
