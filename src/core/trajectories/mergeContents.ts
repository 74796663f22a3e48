/**
 * @file Two edits of one content brought together: turn by turn, and inside a turn part by part. What only one of them touched is taken;
 * where both touched the same the place is a conflict, and nothing is lost: both are in it.
 */
import type { JsonValue } from "#contracts/json.ts";
import type { AssistantTurn, ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { alignTurns, turnKey } from "./alignTurns.ts";
import { toolsByName } from "./diffContents.ts";
import { withMovedFacts } from "./edit/turnFacts.ts";
import { faultOfTurn } from "./edit/turnFaults.ts";
import { isTarget, spliceTurns, withTargets } from "./edit/withTurns.ts";
import { sameJson } from "./sameJson.ts";

export interface PlacedTurn {
  readonly turn: Turn;
  readonly isTarget: boolean;
}

export type MergeConflict =
  | {
      readonly kind: "turns";
      /** Both changed it, one removed what the other changed, or both added something in one place. */
      readonly why: "changed" | "removed" | "added";
      /** The turns of the merged content that stand here until somebody chooses. */
      readonly at: number;
      readonly length: number;
      readonly mine: readonly PlacedTurn[];
      readonly theirs: readonly PlacedTurn[];
    }
  | {
      readonly kind: "tool";
      readonly name: string;
      readonly mine: ToolDefinition | undefined;
      readonly theirs: ToolDefinition | undefined;
    };

export interface MergedContents {
  /** With my side of every conflict; both sides where both added, and what one changed where the other removed it. */
  readonly content: TrajectoryContent;
  readonly conflicts: readonly MergeConflict[];
}

export function mergeContents(base: TrajectoryContent, mine: TrajectoryContent, theirs: TrajectoryContent): MergedContents {
  const conflicts: MergeConflict[] = [];
  const a = sideOf(base, mine);
  const b = sideOf(base, theirs);
  const merged: PlacedTurn[] = [];
  const places = new Map<number, number>();
  const conflict = (
    why: "changed" | "removed" | "added",
    kept: readonly PlacedTurn[],
    ours: readonly PlacedTurn[],
    others: readonly PlacedTurn[],
  ) => {
    conflicts.push({ kind: "turns", why, at: merged.length, length: kept.length, mine: ours, theirs: others });
    merged.push(...kept);
  };
  for (let i = 0; i <= base.turns.length; i++) {
    const addedHere = a.added.get(i) ?? [];
    const addedThere = b.added.get(i) ?? [];
    if (addedHere.length > 0 && addedThere.length > 0 && !isSameList(addedHere, addedThere)) {
      conflict("added", [...addedHere, ...addedThere], addedHere, addedThere);
    } else merged.push(...(addedHere.length > 0 ? addedHere : addedThere));
    if (i === base.turns.length) break;
    const original = placed(base, i);
    const here = a.kept.get(i);
    const there = b.kept.get(i);
    if (here === undefined || there === undefined) {
      const other = here ?? there;
      if (other === undefined || isSame(other, original)) continue;
      places.set(i, merged.length);
      conflict("removed", [other], here === undefined ? [] : [here], there === undefined ? [] : [there]);
      continue;
    }
    places.set(i, merged.length);
    const both = mergePlaced(original, here, there);
    if (both === null) conflict("changed", [here], [here], [there]);
    else merged.push(both);
  }
  const tools = mergeTools(base.tools, mine.tools, theirs.tools, conflicts);
  const turns = merged.map(({ turn }) => turn);
  const moved = withMovedFacts(base, turns, (i) => places.get(i)).metadata;
  const content = { ...mine, tools, turns, metadata: mergeMetadata(base, mine, theirs, moved) };
  return { content: withTargets(content, new Set(merged.flatMap((turn, i) => (turn.isTarget ? [i] : [])))), conflicts };
}

export type Choice = "mine" | "theirs" | "both";

/** The merged content with each conflict settled; choices stand in the order of the conflicts. */
export function settleConflicts({ content, conflicts }: MergedContents, choices: readonly Choice[]): TrajectoryContent {
  let settled = content;
  // from the end, so that places before stay right
  for (const [index, conflict] of [...conflicts.entries()].reverse()) {
    const choice = choices[index] ?? "mine";
    if (conflict.kind === "tool") {
      const tool = choice === "theirs" ? conflict.theirs : conflict.mine;
      settled = { ...settled, tools: withTool(settled.tools, conflict.name, tool) };
      continue;
    }
    const { mine, theirs, at, length } = conflict;
    const chosen = choice === "both" ? [...mine, ...theirs] : choice === "mine" ? mine : theirs;
    settled = spliceTurns(settled, at, length, chosen);
  }
  return settled;
}

const placed = (content: TrajectoryContent, index: number): PlacedTurn => ({
  turn: content.turns[index]!,
  isTarget: isTarget(content, index),
});
const isSame = (a: PlacedTurn, b: PlacedTurn): boolean => a.isTarget === b.isTarget && turnKey(a.turn) === turnKey(b.turn);
const isSameList = (a: readonly PlacedTurn[], b: readonly PlacedTurn[]): boolean =>
  a.length === b.length && a.every((turn, i) => isSame(turn, b[i]!));

interface Side {
  /** What became of each turn of the base that is still there. */
  readonly kept: ReadonlyMap<number, PlacedTurn>;
  /** Turns that came in front of a turn of the base. */
  readonly added: ReadonlyMap<number, readonly PlacedTurn[]>;
}

function sideOf(base: TrajectoryContent, edited: TrajectoryContent): Side {
  const kept = new Map<number, PlacedTurn>();
  const added = new Map<number, PlacedTurn[]>();
  let next = 0;
  for (const { before, after } of alignTurns(base.turns, edited.turns)) {
    if (after >= 0 && before >= 0) kept.set(before, placed(edited, after));
    else if (after >= 0) added.set(next, [...(added.get(next) ?? []), placed(edited, after)]);
    if (before >= 0) next = before + 1;
  }
  return { kept, added };
}

/** Null where both changed the same part in two ways, or the parts together make no turn. */
function mergePlaced(base: PlacedTurn, mine: PlacedTurn, theirs: PlacedTurn): PlacedTurn | null {
  const turn = mergeTurn(base.turn, mine.turn, theirs.turn);
  // a flag that differs from the base on either side was changed there
  return turn === null ? null : { turn, isTarget: mine.isTarget === base.isTarget ? theirs.isTarget : mine.isTarget };
}

function mergeTurn(base: Turn, mine: Turn, theirs: Turn): Turn | null {
  if (turnKey(mine) === turnKey(theirs) || turnKey(theirs) === turnKey(base)) return mine;
  if (turnKey(mine) === turnKey(base)) return theirs;
  const parts: Record<string, unknown> = {};
  const sides = [base, mine, theirs].map((turn) => turn as unknown as Readonly<Record<string, JsonValue | undefined>>);
  for (const key of new Set(sides.flatMap((side) => Object.keys(side)))) {
    const [was, here, there] = sides.map((side) => side[key]);
    const isMineChanged = !equal(was, here);
    if (isMineChanged && !equal(was, there) && !equal(here, there)) return null;
    const value = isMineChanged ? here : there;
    if (value !== undefined) parts[key] = value;
  }
  const merged = parts as unknown as Turn;
  return merged.role === "assistant" && faultOfTurn(merged as AssistantTurn) !== null ? null : merged;
}

const equal = (a: JsonValue | undefined, b: JsonValue | undefined): boolean => a === b || sameJson(a, b);

function mergeTools(
  base: readonly ToolDefinition[],
  mine: readonly ToolDefinition[],
  theirs: readonly ToolDefinition[],
  conflicts: MergeConflict[],
): readonly ToolDefinition[] {
  const [was, here, there] = [base, mine, theirs].map(toolsByName) as [
    ReadonlyMap<string, ToolDefinition>,
    ReadonlyMap<string, ToolDefinition>,
    ReadonlyMap<string, ToolDefinition>,
  ];
  const isEqual = (a: ToolDefinition | undefined, b: ToolDefinition | undefined): boolean =>
    a === b || sameJson(a as unknown as JsonValue, b as unknown as JsonValue);
  // the order of the side that changed it, mine where both did; then what only the other has
  const isMyOrder = !sameJson([...here.keys()], [...was.keys()]);
  const names = [...(isMyOrder ? here : there).keys(), ...(isMyOrder ? there : here).keys(), ...was.keys()];
  return [...new Set(names)].flatMap((name) => {
    const [old, own, other] = [was.get(name), here.get(name), there.get(name)];
    const isMineChanged = !isEqual(old, own);
    if (isMineChanged && !isEqual(old, other) && !isEqual(own, other)) conflicts.push({ kind: "tool", name, mine: own, theirs: other });
    const tool = isMineChanged ? own : other;
    return tool === undefined ? [] : [tool];
  });
}

function withTool(tools: readonly ToolDefinition[], name: string, tool: ToolDefinition | undefined): readonly ToolDefinition[] {
  const named = [...toolsByName(tools)];
  if (!named.some(([key]) => key === name)) return tool === undefined ? tools : [...tools, tool];
  return named.flatMap(([key, own]) => (key !== name ? [own] : tool === undefined ? [] : [tool]));
}

/** @param moved the base's, its facts about turns at their new places; other keys are taken from whoever changed them, mine first */
function mergeMetadata(
  base: TrajectoryContent,
  mine: TrajectoryContent,
  theirs: TrajectoryContent,
  moved: TrajectoryContent["metadata"],
): TrajectoryContent["metadata"] {
  const keys = new Set([base, mine, theirs].flatMap(({ metadata }) => Object.keys(metadata)));
  const entries = [...keys].flatMap((key) => {
    const [was, here, there] = [base, mine, theirs].map(({ metadata }) => metadata[key]);
    const isMineChanged = !equal(was, here);
    const isTheirsChanged = !equal(was, there);
    const value = isMineChanged && isTheirsChanged && !equal(was, moved[key]) ? moved[key] : isMineChanged ? here : there;
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}
