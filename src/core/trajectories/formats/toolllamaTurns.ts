/** @file Turns from the items of ToolBench training rows, and back. */
import type { JsonObject } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { readAssistantText } from "../readAssistantText.ts";
import { factsToJson, type RowFacts, type ToolllamaItem } from "./toolllamaFacts.ts";
import type { SystemText } from "./toolllamaSystem.ts";

/** What the rows of one path are made into. */
export interface ToolllamaPath {
  /** Items of the longest row. */
  readonly items: readonly ToolllamaItem[];
  /** How the first item was read, where it is the system's. */
  readonly system: SystemText | undefined;
  readonly itemFields: readonly (JsonObject | undefined)[];
  /** `last` counts items here; the facts of the content count turns. */
  readonly rows: readonly RowFacts[];
  readonly targets: readonly number[];
}

export function contentOf(path: ToolllamaPath): TrajectoryContent {
  const { system } = path;
  // a system text that is nothing but the API list gives tools and no turn
  const shift = system !== undefined && system.prompt === undefined ? 1 : 0;
  const turns: Turn[] = [];
  const texts: Record<string, string> = {};
  const itemFields: Record<string, JsonObject> = {};
  path.items.forEach((item, i) => {
    if (i === 0 && system !== undefined) {
      if (system.prompt !== undefined) turns.push({ role: "system", content: system.prompt });
    } else {
      const turn = readItem(item);
      if (turn.role === "assistant" && renderToolllamaText(turn) !== item.value) texts[turns.length] = item.value;
      turns.push(turn);
    }
    const fields = path.itemFields[i];
    if (fields !== undefined) itemFields[i - shift] = fields;
  });
  const targets = [...new Set(path.targets)].sort((a, b) => a - b).map((i) => i - shift);
  const isEveryTurn = turns.every((turn, i) => turn.role !== "assistant" || targets.includes(i));
  const tools: readonly ToolDefinition[] = system?.tools ?? [];
  const rows = path.rows.map((row) => ({
    ...row,
    last: row.last < 0 ? row.last : row.last - shift,
    ...(row.turns === undefined ? {} : { turns: row.turns.map((turn) => (typeof turn === "number" ? turn - shift : turn)) }),
  }));
  const facts = {
    rows,
    // an API list without a prompt is written before the turns anyway, unless a system turn comes first
    ...(shift === 1 && turns[0]?.role === "system" ? { isListApart: true } : {}),
    ...(system?.apiList === undefined ? {} : { apiList: system.apiList }),
    ...(Object.keys(texts).length > 0 ? { texts } : {}),
    ...(Object.keys(itemFields).length > 0 ? { itemFields } : {}),
  };
  return { tools, turns, ...(isEveryTurn ? {} : { targets }), metadata: { toolllama: factsToJson(facts) } };
}

function readItem(item: ToolllamaItem): Turn {
  switch (item.from) {
    case "system":
      return { role: "system", content: item.value };
    case "assistant":
      return readAssistantText(item.value);
    case "function":
      return { role: "tool", content: item.value };
    default:
      return { role: "user", content: item.value };
  }
}

/** ToolBench's layout: a line break first, and a thought even where it is empty. */
export function renderToolllamaText(turn: AssistantTurn): string {
  if (turn.raw !== undefined) return turn.raw;
  let text = turn.thought !== undefined || turn.calls.length > 0 ? `\nThought: ${turn.thought ?? ""}` : "";
  for (const call of turn.calls) text += `\nAction: ${call.name}\nAction Input: ${call.argumentsText}`;
  return turn.answer === undefined ? text : `${text}\nAnswer: ${turn.answer}`;
}
