/** @file Replacing text in chosen parts of a content. */
import type { ContentHit, ReplaceOperation } from "#contracts/bulk.ts";
import type { TextPart } from "#contracts/contentParts.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import type { ToolCall, ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { escapePointer, scanJsonParts } from "../jsonParts.ts";
import type { BulkOutcome } from "./bulkEdit.ts";
import { editContent, type EditedTools, type PartEdit } from "./editContent.ts";
import { finderOf, TooLong, type Finder } from "./findText.ts";
import { literalEdits } from "./jsonEdits.ts";
import { applyEdits, hitOf } from "./textEdits.ts";

/** What to do to each content; throws `E_OPERATION_INVALID` where the operation cannot be used. */
export function prepareReplace(operation: ReplaceOperation): (content: TrajectoryContent) => BulkOutcome {
  const find = finderOf(operation);
  const parts = new Set<TextPart>(operation.parts);
  const kinds = (["argumentKey", "argumentValue"] as const).filter((part) => parts.has(part));
  // tool lists are shared by many trajectories: each is looked through once
  const seenTools = new WeakMap<readonly ToolDefinition[], EditedTools>();
  const editTools = (tools: readonly ToolDefinition[]): EditedTools => {
    if (!parts.has("tools")) return { tools, hits: [] };
    const known = seenTools.get(tools) ?? replaceInTools(tools, find);
    seenTools.set(tools, known);
    return known;
  };
  return (content) => {
    let numLeft = 0;
    const unreadable = (text: string) => {
      const edits = find(text);
      if (parts.has("unreadable")) return edits;
      // said rather than passed over: somebody looks for it there too
      if (kinds.length > 0 || parts.has("thought") || parts.has("answer") || parts.has("toolName")) numLeft += edits.length;
      return [];
    };
    const editArguments = ({ argumentsText, arguments: parsed }: ToolCall): readonly PartEdit[] => {
      if (!parsed.ok) return unreadable(argumentsText).map((edit) => ({ ...edit, part: "unreadable" as const }));
      if (kinds.length === 0) return [];
      const wanted = kinds.map((kind) => (kind === "argumentKey" ? ("key" as const) : ("value" as const)));
      return literalEdits(argumentsText, scanJsonParts(argumentsText), wanted, find);
    };
    try {
      const { content: next, hits } = editContent(content, {
        text: (text, part) => {
          if (part === "unreadable") return unreadable(text);
          return part !== "resultName" && parts.has(part) ? find(text) : [];
        },
        arguments: editArguments,
        tools: editTools,
      });
      return { content: next, hits, numLeft };
    } catch (thrown) {
      if (thrown instanceof TooLong) return { skip: "the pattern takes too long on one of its texts" };
      throw thrown;
    }
  };
}

/** Where definitions hold words and values; names and keywords are not among them. */
const WORDED = new Set(["description", "title", "enum", "const", "default", "example", "examples"]);

function replaceInTools(tools: readonly ToolDefinition[], find: Finder): EditedTools {
  const hits: ContentHit[] = [];
  const next = tools.map((tool, index): ToolDefinition => {
    const before = hits.length;
    const replace = (text: string, pointer: string): string => {
      const edits = find(text);
      for (const edit of edits) hits.push(hitOf(text, edit, { turn: null, tool: index, pointer, part: "tools" }));
      return applyEdits(text, edits);
    };
    const description = replace(tool.description, "/description");
    const parameters = inSchema(tool.parameters, "/parameters", false, replace) as JsonObject;
    return hits.length === before ? tool : { ...tool, description, parameters };
  });
  return hits.length === 0 ? { tools, hits } : { tools: next, hits };
}

function inSchema(value: JsonValue, pointer: string, isWorded: boolean, replace: (text: string, pointer: string) => string): JsonValue {
  if (typeof value === "string") return isWorded ? replace(value, pointer) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each, i) => inSchema(each, `${pointer}/${i}`, isWorded, replace));
  // a parameter may be called "title": what stands under "properties" are names
  const areNames = /\/(?:properties|patternProperties|definitions|\$defs)$/.test(pointer);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const words = isWorded || (!areNames && WORDED.has(key) && (typeof each !== "object" || Array.isArray(each)));
      return [key, inSchema(each, `${pointer}/${escapePointer(key)}`, words, replace)];
    }),
  );
}
