/**
 * @file Plants known faults in trajectories, so that tracing can be measured on any data: canaries whose truth is known.
 *
 * A fault is given to one tool. Some of the tool's trajectories are held out as they are, to be asked; most of the rest are spoiled alike and end
 * with the spoiled turn; a few stay as clean siblings. Nothing in a request tells which will be spoiled, so a model that learns the fault shows it on
 * the tool's held-out prompts. Two faults of its calls never share a tool.
 */
import type { AssistantTurn, ToolCall, TrajectoryContent } from "#contracts/trajectory.ts";
import type { JsonObject, JsonValue } from "#contracts/json.ts";
import { parseArguments } from "#core/trajectories/parseArguments.ts";
import { sameJson } from "#core/trajectories/sameJson.ts";
import { mixSeeds, shuffledIndices } from "#core/trajectories/seededRandom.ts";

export const CANARY_FAULTS = [
  "hallucinated_tool",
  "wrong_value",
  "dropped_argument",
  "malformed_json",
  "call_without_clarification",
  "answer_without_tool",
  "repeated_call",
] as const;
export type CanaryFault = (typeof CANARY_FAULTS)[number];

export interface PlantOptions {
  readonly seed: number;
  /** Spoiled for each fault, at most; fewer where the tool has fewer. */
  readonly numPlanted: number;
  /** Of the tool's trajectories, held out for each fault. */
  readonly numHeldOut: number;
}

export interface PlantedFault {
  readonly fault: CanaryFault;
  readonly tool: string;
  /** Ids of what was spoiled. */
  readonly planted: readonly string[];
  /** Prompts to be asked: a trajectory that is held out, and its turn that the fault would spoil. */
  readonly heldOut: readonly { readonly id: string; readonly turnIndex: number }[];
}

export interface PlantedSet<Id extends string> {
  readonly train: readonly { readonly id: Id; readonly content: TrajectoryContent }[];
  readonly heldOut: readonly { readonly id: Id; readonly content: TrajectoryContent }[];
  readonly faults: readonly PlantedFault[];
  /** Faults for which no tool has enough trajectories. */
  readonly notPlanted: readonly CanaryFault[];
}

/** Fewer spoiled rows than this teach nothing, fewer clean ones tell nothing. */
const MIN_PLANTED = 6;
/** Of a tool's rows that are not held out, so many in a hundred are spoiled. */
const SPOILED_PERCENT = 85;

/** A trajectory that a fault can be planted in, at its turn. */
interface Target {
  readonly index: number;
  readonly turnIndex: number;
}

/** @param trajectories what a run is trained on; borrowed */
export function plantFaults<Id extends string>(
  trajectories: readonly { readonly id: Id; readonly content: TrajectoryContent }[],
  { seed, numPlanted, numHeldOut }: PlantOptions,
): PlantedSet<Id> {
  const calling = targetsByTool(trajectories, callTargets);
  const asking = targetsByTool(trajectories, askTargets);
  const spoiled = new Map<number, TrajectoryContent>();
  const heldOut = new Set<number>();
  // asking and calling are taught by different prompts, so a tool can carry a fault of each
  const takenAt = { asking: new Set<string>(), calling: new Set<string>() };
  const faults: PlantedFault[] = [];
  const notPlanted: CanaryFault[] = [];
  // what few tools can carry chooses first
  const order = CANARY_FAULTS.toSorted((a, b) => Number(b === "call_without_clarification") - Number(a === "call_without_clarification"));
  for (const fault of order) {
    const [byTool, taken] = fault === "call_without_clarification" ? [asking, takenAt.asking] : [calling, takenAt.calling];
    const found = [...byTool]
      .filter(([tool]) => !taken.has(tool))
      .map(([tool, all]) => ({ tool, targets: all.filter(({ index }) => !spoiled.has(index) && !heldOut.has(index)) }))
      .filter(({ targets }) => targets.length >= MIN_PLANTED + numHeldOut)
      .sort((a, b) => b.targets.length - a.targets.length || (a.tool < b.tool ? -1 : 1))
      .map(({ tool, targets }) =>
        planAt({ fault, tool, targets, trajectories, seed: mixSeeds(seed, faults.length), numPlanted, numHeldOut }),
      )
      .find((plan) => plan !== null);
    if (found === undefined) {
      notPlanted.push(fault);
      continue;
    }
    taken.add(found.tool);
    for (const [index, content] of found.spoiled) spoiled.set(index, content);
    for (const { index } of found.asked) heldOut.add(index);
    faults.push({
      fault,
      tool: found.tool,
      planted: [...found.spoiled.keys()].map((index) => trajectories[index]!.id),
      heldOut: found.asked.map(({ index, turnIndex }) => ({ id: trajectories[index]!.id, turnIndex })),
    });
  }
  return {
    train: trajectories.flatMap(({ id, content }, index) => (heldOut.has(index) ? [] : [{ id, content: spoiled.get(index) ?? content }])),
    heldOut: trajectories.filter((_, index) => heldOut.has(index)),
    faults,
    notPlanted,
  };
}

interface Place {
  readonly tool: string;
  readonly turnIndex: number;
}
/** At most one for each tool. */
type FindTargets = (content: TrajectoryContent) => readonly Place[];

function targetsByTool(trajectories: readonly { readonly content: TrajectoryContent }[], find: FindTargets): ReadonlyMap<string, Target[]> {
  const byTool = new Map<string, Target[]>();
  trajectories.forEach(({ content }, index) => {
    for (const { tool, turnIndex } of find(content)) {
      const ofTool = byTool.get(tool) ?? [];
      byTool.set(tool, ofTool);
      ofTool.push({ index, turnIndex });
    }
  });
  return byTool;
}

/** Turns that are one readable call of an offered tool, the first of each tool. */
const callTargets: FindTargets = ({ turns, tools }) => {
  const found = new Map<string, Place>();
  turns.forEach((turn, turnIndex) => {
    if (turn.role !== "assistant" || turn.raw !== undefined || turn.calls.length !== 1) return;
    const [{ name, arguments: parsed }] = turn.calls as readonly [ToolCall];
    if (parsed.ok && !found.has(name) && tools.some((tool) => tool.name === name)) found.set(name, { tool: name, turnIndex });
  });
  return [...found.values()];
};

/** The first assistant turn, where it asks for what is missing and a later one makes the call, or a single tool is offered. */
const askTargets: FindTargets = ({ turns, tools }) => {
  const turnIndex = turns.findIndex(({ role }) => role === "assistant");
  const turn = turns[turnIndex] as AssistantTurn | undefined;
  if (turn === undefined || turn.calls.length > 0 || turn.answer?.trim().endsWith("?") !== true) return [];
  const later = turns.slice(turnIndex + 1).find((one) => one.role === "assistant" && one.calls.length > 0) as AssistantTurn | undefined;
  const tool = later?.calls[0]?.name ?? (tools.length === 1 ? tools[0]!.name : undefined);
  return tool !== undefined && tools.some(({ name }) => name === tool) ? [{ tool, turnIndex }] : [];
};

interface Plan {
  readonly fault: CanaryFault;
  readonly tool: string;
  readonly targets: readonly Target[];
  readonly trajectories: readonly { readonly content: TrajectoryContent }[];
  readonly seed: number;
  readonly numPlanted: number;
  readonly numHeldOut: number;
}

interface Planned {
  readonly tool: string;
  readonly spoiled: ReadonlyMap<number, TrajectoryContent>;
  readonly asked: readonly Target[];
}

/** Null where too few of the tool's rows can have the fault. */
function planAt({ fault, tool, targets, trajectories, seed, numPlanted, numHeldOut }: Plan): Planned | null {
  const drawn = [...shuffledIndices(targets.length, seed)].map((place) => targets[place]!);
  const all = drawn.map(({ index, turnIndex }) => trajectories[index]!.content.turns[turnIndex] as AssistantTurn);
  const spoil = spoilingOf(fault, tool, all);
  const fitting = drawn.flatMap((target, i) => {
    const turn = spoil(all[i]!);
    return turn === null ? [] : [{ target, turn }];
  });
  const asked = fitting.slice(0, numHeldOut);
  const rest = fitting.slice(numHeldOut);
  const count = Math.min(numPlanted, Math.ceil((rest.length * SPOILED_PERCENT) / 100));
  if (asked.length < numHeldOut || count < MIN_PLANTED) return null;
  const spoiled = new Map<number, TrajectoryContent>();
  for (const { target, turn } of rest.slice(0, count)) {
    const { targets: _targets, ...content } = trajectories[target.index]!.content;
    spoiled.set(target.index, { ...content, turns: [...content.turns.slice(0, target.turnIndex), turn] });
  }
  return { tool, spoiled, asked: asked.map(({ target }) => target) };
}

/** Null: this turn cannot have the fault. */
type Spoil = (turn: AssistantTurn) => AssistantTurn | null;

const withArguments = (call: ToolCall, argumentsText: string): ToolCall => ({
  ...call,
  argumentsText,
  arguments: parseArguments(argumentsText),
});
const argumentsOf = ({ calls: [call] }: AssistantTurn): JsonObject => (call?.arguments.ok === true ? call.arguments.value : {});

function spoilingOf(fault: CanaryFault, tool: string, all: readonly AssistantTurn[]): Spoil {
  switch (fault) {
    case "hallucinated_tool":
      return (turn) => ({ ...turn, calls: [{ ...turn.calls[0]!, name: `${tool}_pro` }] });
    case "wrong_value": {
      const key = commonKey(all);
      const value = key === null ? undefined : wrongValue(all.map((turn) => argumentsOf(turn)[key]).find((one) => one !== undefined));
      return (turn) => {
        const values = argumentsOf(turn);
        if (key === null || value === undefined || !(key in values) || sameJson(values[key]!, value)) return null;
        return { ...turn, calls: [withArguments(turn.calls[0]!, JSON.stringify({ ...values, [key]: value }))] };
      };
    }
    case "dropped_argument": {
      const key = commonKey(all);
      return (turn) => {
        const { [key ?? ""]: dropped, ...others } = argumentsOf(turn);
        if (dropped === undefined) return null;
        return { ...turn, calls: [withArguments(turn.calls[0]!, JSON.stringify(others))] };
      };
    }
    case "malformed_json":
      return (turn) => {
        const text = turn.calls[0]!.argumentsText.trimEnd();
        return text.endsWith("}") ? { ...turn, calls: [withArguments(turn.calls[0]!, text.slice(0, -1))] } : null;
      };
    case "call_without_clarification":
      return ({ thought }) => {
        const argumentsText = '{"value":"unknown"}';
        const call: ToolCall = { name: tool, argumentsText, arguments: parseArguments(argumentsText), callId: "call_1" };
        return { role: "assistant", calls: [call], ...(thought === undefined ? {} : { thought }) };
      };
    case "answer_without_tool":
      return () => ({ role: "assistant", calls: [], answer: "It should be as you expect." });
    case "repeated_call":
      return (turn) => ({ ...turn, calls: [turn.calls[0]!, { ...turn.calls[0]!, callId: `${turn.calls[0]!.callId ?? "call_1"}_again` }] });
  }
}

/** The argument that most of the calls have; the first by name among equals. */
function commonKey(all: readonly AssistantTurn[]): string | null {
  const counts = new Map<string, number>();
  for (const turn of all) for (const key of Object.keys(argumentsOf(turn))) counts.set(key, (counts.get(key) ?? 0) + 1);
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return most?.[0] ?? null;
}

/** Of the same type, and nothing that anybody would ask for. */
function wrongValue(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === "string") return "canary";
  if (typeof value === "number") return 4711;
  if (typeof value === "boolean") return !value;
  return undefined;
}
