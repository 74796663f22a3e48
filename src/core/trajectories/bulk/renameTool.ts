/** @file A tool under another name, wherever it stands: definitions, calls, results, and whole words in the conversation. */
import { AppError } from "#contracts/errors.ts";
import type { ContentHit, RenameToolOperation } from "#contracts/bulk.ts";
import type { ToolDefinition, TrajectoryContent } from "#contracts/trajectory.ts";
import { sameJson } from "../sameJson.ts";
import type { BulkOutcome } from "./bulkEdit.ts";
import { editContent, type EditedTools } from "./editContent.ts";
import { wordFinder } from "./findText.ts";
import { hitOf, type TextEdit } from "./textEdits.ts";

type RenamedTools = EditedTools | { readonly skip: string };

/** Definitions under one name that differ are never made one: such a trajectory is skipped with the reason. */
export function prepareRenameTool({ from, to, mentions }: RenameToolOperation): (content: TrajectoryContent) => BulkOutcome {
  requireOtherName(from, to);
  const inText = wordFinder(from, to);
  const exact = (text: string): readonly TextEdit[] => (text === from ? [{ start: 0, end: text.length, after: to }] : []);
  const seenTools = new WeakMap<readonly ToolDefinition[], RenamedTools>();
  return (content) => {
    const renamed = seenTools.get(content.tools) ?? renameDefinition(content.tools, from, to);
    seenTools.set(content.tools, renamed);
    if ("skip" in renamed) return renamed;
    const edited = editContent(content, {
      text: (text, part) => {
        if (part === "toolName" || part === "resultName") return exact(text);
        // a call that cannot be read is a call all the same
        return mentions || part === "unreadable" ? inText(text) : [];
      },
      arguments: () => [],
      tools: () => renamed,
    });
    return { ...edited, numLeft: 0 };
  };
}

export function requireOtherName(from: string, to: string): void {
  if (from === to) throw new AppError("E_OPERATION_INVALID", { detail: "the new name is the old one" });
  if (/[\n\r]/.test(to) || to.trim() !== to) {
    throw new AppError("E_OPERATION_INVALID", { detail: "a name is one line, without spaces at its ends" });
  }
}

function renameDefinition(tools: readonly ToolDefinition[], from: string, to: string): RenamedTools {
  if (!tools.some((tool) => tool.name === from)) return { tools, hits: [] };
  const others = tools.filter((tool) => tool.name === to);
  const renamed = tools.map((tool) => (tool.name === from ? { ...tool, name: to } : tool));
  if (others.length > 0 && !renamed.every((tool) => tool.name !== to || sameDefinition(tool, others[0]!))) {
    return { skip: `it offers a different "${to}" already` };
  }
  const hits: ContentHit[] = tools.flatMap((tool, index) =>
    tool.name === from
      ? [hitOf(from, { start: 0, end: from.length, after: to }, { turn: null, tool: index, pointer: "/name", part: "tools" })]
      : [],
  );
  // equal definitions become one: the one that came first
  const isFirst = (tool: ToolDefinition, i: number): boolean => tool.name !== to || renamed.findIndex((other) => other.name === to) === i;
  return { tools: renamed.filter(isFirst), hits };
}

const sameDefinition = (a: ToolDefinition, b: ToolDefinition): boolean =>
  a.description === b.description && sameJson(a.parameters, b.parameters) && sameJson(a.extra, b.extra);
