/** @file Trajectories as ToolBench training rows: exactly the rows they came from, or one row for each target. */
import type { LedgerChange } from "#contracts/imports.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { readAssistantText } from "../readAssistantText.ts";
import { sameJson } from "../sameJson.ts";
import { describeMetadata, type FormatWriter } from "./format.ts";
import { factsOf, type RowFacts, type ToolllamaFacts, type ToolllamaItem, type ToolllamaRow } from "./toolllamaFacts.ts";
import { API_LIST_INTRODUCTION, apiListOf } from "./toolllamaSystem.ts";
import { renderToolllamaText } from "./toolllamaTurns.ts";

/** A list of rows with four spaces of indentation, as ToolBench's own script writes it. */
export function createToolllamaWriter(): FormatWriter {
  let numWritten = 0;
  return {
    extension: ".json",
    begin: "[",
    write(content) {
      const { rows, changes } = toolllamaRowsOf(content);
      const texts = rows.map((row) => `${numWritten++ === 0 ? "" : ","}\n    ${JSON.stringify(row, null, 4).replaceAll("\n", "\n    ")}`);
      return { text: texts.join(""), numRows: rows.length, changes };
    },
    end: () => "\n]",
  };
}

export function toolllamaRowsOf(content: TrajectoryContent): {
  readonly rows: readonly ToolllamaRow[];
  readonly changes: readonly LedgerChange[];
} {
  const facts = factsOf(content);
  const targets = content.targets ?? content.turns.flatMap((turn, i) => (turn.role === "assistant" ? [i] : []));
  const isCurrent = facts !== undefined && describes(facts, content, targets);
  const apiList = apiListOf(content.tools, facts?.apiList);
  const isListApart = facts?.isListApart === true || content.turns[0]?.role !== "system";
  const head: readonly ToolllamaItem[] =
    apiList !== undefined && isListApart ? [{ from: "system", value: `${API_LIST_INTRODUCTION}${apiList}` }] : [];
  const items = content.turns.map((turn, i) => writeItem(turn, i, i === 0 && !isListApart ? apiList : undefined, facts));
  const rowFacts = isCurrent
    ? facts.rows
    : targets.map((last): RowFacts => ({ id: `Step ${last + head.length}: ${queryOf(content)}`, last }));
  const rows = rowFacts.map((row) => {
    const body = row.turns?.map((turn) => (typeof turn === "number" ? items[turn]! : turn)) ?? items.slice(0, row.last + 1);
    return { ...(row.id === undefined ? {} : { id: row.id }), conversations: [...head, ...body], ...row.fields };
  });
  return { rows, changes: changesOf(content) };
}

/** Whether the facts still fit: their rows teach exactly the targets, and no row points past the turns. */
function describes(facts: ToolllamaFacts, { turns }: TrajectoryContent, targets: readonly number[]): boolean {
  const taught = new Set<number>();
  for (const { last, turns: listed } of facts.rows) {
    const indices = listed?.filter((turn) => typeof turn === "number") ?? [last];
    if (!indices.every((i) => Number.isInteger(i) && i >= 0 && i < turns.length)) return false;
    if (listed !== undefined && turns[last] === undefined) continue;
    let target = last;
    while (target >= 0 && turns[target]?.role !== "assistant") target--;
    taught.add(target);
  }
  return sameJson(
    [...taught].sort((a, b) => a - b),
    [...targets].sort((a, b) => a - b),
  );
}

function writeItem(turn: Turn, index: number, apiList: string | undefined, facts: ToolllamaFacts | undefined): ToolllamaItem {
  const fields = facts?.itemFields?.[index];
  return { from: turn.role === "tool" ? "function" : turn.role, value: valueOf(turn, index, apiList, facts), ...fields };
}

function valueOf(turn: Turn, index: number, apiList: string | undefined, facts: ToolllamaFacts | undefined): string {
  if (turn.role === "assistant") {
    const recorded = facts?.texts?.[index];
    return typeof recorded === "string" && meansSame(readAssistantText(recorded), turn) ? recorded : renderToolllamaText(turn);
  }
  const hasList = turn.role === "system" && apiList !== undefined;
  return hasList ? `${turn.content}\n${API_LIST_INTRODUCTION}${apiList}` : turn.content;
}

const meansSame = (a: AssistantTurn, b: AssistantTurn): boolean =>
  a.thought === b.thought &&
  a.answer === b.answer &&
  a.raw === b.raw &&
  a.calls.length === b.calls.length &&
  a.calls.every((call, i) => call.name === b.calls[i]!.name && call.argumentsText === b.calls[i]!.argumentsText);

/** The user's words without ToolBench's frame around them. */
function queryOf(content: TrajectoryContent): string {
  const user = content.turns.find((turn) => turn.role === "user");
  return (user?.content ?? "").replace(/^\n/, "").replace(/\nBegin!\n$/, "");
}

function changesOf(content: TrajectoryContent): readonly LedgerChange[] {
  const changes: LedgerChange[] = [];
  if (content.turns.some((turn) => (turn.role === "tool" && (turn.callId ?? turn.name) !== undefined) || hasCallIds(turn))) {
    changes.push({
      rule: "call-ids-dropped",
      detail: "ToolBench rows tie results to calls by order only; ids and names of results are left out.",
    });
  }
  const others = Object.keys(content.metadata).filter((key) => key !== "toolllama" && key !== "toolbench");
  if (others.length > 0)
    changes.push({
      rule: "metadata-dropped",
      detail: `ToolBench rows have no place for what is kept of the source: ${describeMetadata(others)}.`,
    });
  return changes;
}

const hasCallIds = (turn: Turn): boolean => turn.role === "assistant" && turn.calls.some((call) => call.callId !== undefined);
