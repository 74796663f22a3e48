/**
 * @file Walks every text of a content and edits it: what replacing and renaming share.
 *
 * What is not edited stays the same object, so that the store sees at once that parts shared by thousands of trajectories are the same.
 */
import type { ContentHit } from "#contracts/bulk.ts";
import type { HitPart } from "#contracts/contentParts.ts";
import type { AssistantTurn, ToolCall, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { partsOf, withEdits } from "./assistantText.ts";
import { applyEdits, hitOf, type TextEdit } from "./textEdits.ts";

export interface PartEdit extends TextEdit {
  readonly part: HitPart;
}

export type TextPlace = "system" | "user" | "thought" | "toolName" | "result" | "resultName" | "answer" | "unreadable";

export interface ContentEditor {
  /** Edits of a text of the conversation. */
  readonly text: (text: string, part: TextPlace) => readonly TextEdit[];
  readonly arguments: (call: ToolCall) => readonly PartEdit[];
  readonly tools: (tools: readonly ToolDefinition[]) => EditedTools;
}

export interface EditedTools {
  /** The same list where nothing is edited. */
  readonly tools: readonly ToolDefinition[];
  readonly hits: readonly ContentHit[];
}

export interface EditedContent {
  readonly content: TrajectoryContent;
  readonly hits: readonly ContentHit[];
}

export function editContent(content: TrajectoryContent, editor: ContentEditor): EditedContent {
  const { tools, hits: toolHits } = editor.tools(content.tools);
  const hits = [...toolHits];
  const turns = content.turns.map((turn, index) => editTurn(turn, index, editor, hits));
  return hits.length === 0 ? { content, hits } : { content: { ...content, tools, turns }, hits };
}

function editTurn(turn: Turn, index: number, editor: ContentEditor, hits: ContentHit[]): Turn {
  const edit = (text: string, part: TextPlace, call?: number): readonly TextEdit[] => {
    const edits = editor.text(text, part);
    for (const each of edits) hits.push(hitOf(text, each, { turn: index, part, ...(call === undefined ? {} : { call }) }));
    return edits;
  };
  if (turn.role === "assistant") return editAssistant(turn, index, editor, edit, hits);
  const part = turn.role === "tool" ? "result" : turn.role;
  const content = applyEdits(turn.content, edit(turn.content, part));
  if (turn.role !== "tool" || turn.name === undefined) return content === turn.content ? turn : { ...turn, content };
  const name = applyEdits(turn.name, edit(turn.name, "resultName"));
  return content === turn.content && name === turn.name ? turn : { ...turn, content, name };
}

function editAssistant(
  turn: AssistantTurn,
  index: number,
  editor: ContentEditor,
  edit: (text: string, part: TextPlace, call?: number) => readonly TextEdit[],
  hits: ContentHit[],
): AssistantTurn {
  const { thought, calls, answer, unreadable } = partsOf(turn);
  return withEdits(turn, {
    thought: thought === undefined ? [] : edit(thought, "thought"),
    calls: calls.map((call, i) => {
      const name = edit(call.name, "toolName", i);
      const its = editor.arguments(call);
      for (const { part, ...each } of its) hits.push(hitOf(call.argumentsText, each, { turn: index, call: i, part }));
      return { name, arguments: its };
    }),
    answer: answer === undefined ? [] : edit(answer, "answer"),
    unreadable: unreadable === undefined ? [] : edit(unreadable, "unreadable"),
  });
}
