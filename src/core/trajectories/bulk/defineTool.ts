/** @file Another definition for a tool, wherever one of the given definitions stands: its description and its parameters as a whole. */
import { AppError } from "#contracts/errors.ts";
import type { ContentHit, DefineToolOperation, NamelessDefinition } from "#contracts/bulk.ts";
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import type { BulkOutcome } from "./bulkEdit.ts";
import type { EditedTools } from "./editContent.ts";
import { hitOf, type TextEdit } from "./textEdits.ts";

export function prepareDefineTool({ tool: name, from, to }: DefineToolOperation): (content: TrajectoryContent) => BulkOutcome {
  const wanted = new Set(from.map(textOf));
  const next = textOf(to);
  wanted.delete(next);
  if (wanted.size === 0) throw new AppError("E_OPERATION_INVALID", { detail: "the new definition is the old one" });
  const defined = definedAs(name, to);
  const seenTools = new WeakMap<readonly ToolDefinition[], EditedTools>();
  const edit = (tools: readonly ToolDefinition[]): EditedTools => {
    const hits: ContentHit[] = [];
    const edited = tools.map((tool, index) => {
      if (tool.name !== name || !wanted.has(textOf(tool))) return tool;
      hits.push(...hitsOf(tool, defined, index));
      return defined;
    });
    if (hits.length === 0) return { tools, hits };
    // where both stood, one is enough: the one that came first
    const places = edited.flatMap((tool, i) => (tool.name === name && textOf(tool) === next ? [i] : []));
    return { tools: edited.filter((_, i) => i === places[0] || !places.includes(i)), hits };
  };
  return (content) => {
    let edited = seenTools.get(content.tools);
    if (edited === undefined) seenTools.set(content.tools, (edited = edit(content.tools)));
    const { tools, hits } = edited;
    return { content: hits.length === 0 ? content : { ...content, tools }, hits, numLeft: 0 };
  };
}

function definedAs(name: string, { description, parameters, extra }: NamelessDefinition): ToolDefinition {
  return { name, description, parameters, ...(extra === undefined ? {} : { extra }) };
}

/** Equal definitions have equal texts; the order of keys counts, for a model reads it. */
const textOf = ({ description, parameters, extra }: NamelessDefinition | ToolDefinition): string =>
  JSON.stringify({ description, parameters, extra });

const FIELDS = ["description", "parameters", "extra"] as const;

/** One hit a field: what lies between its common beginning and its common end. */
function hitsOf(before: ToolDefinition, after: ToolDefinition, index: number): readonly ContentHit[] {
  return FIELDS.flatMap((field) => {
    const [was, is] = [written(before[field]), written(after[field])];
    return was === is ? [] : [hitOf(was, betweenCommon(was, is), { turn: null, tool: index, pointer: `/${field}`, part: "tools" })];
  });
}

const written = (value: ToolDefinition[(typeof FIELDS)[number]]): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

function betweenCommon(before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === after.at(-1 - same)) same++;
  return { start, end: before.length - same, after: after.slice(start, after.length - same) };
}
