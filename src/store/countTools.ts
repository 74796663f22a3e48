/** @file The catalogue of tools counted: one walk over the trajectories, one over the calls, one over the tool lists. */
import type { ToolUse } from "#contracts/tools.ts";
import type { ContentColumns } from "./contentColumns.ts";
import type { ToolColumns } from "./toolColumns.ts";
import type { Columns } from "./trajectoryColumns.ts";

export interface ToolCounts {
  /** Tools that some trajectory offers or calls, in no order. */
  readonly uses: readonly ToolUse[];
  /** Trajectories by the id of the definition that they offer. */
  readonly byDefinition: Uint32Array;
}

type Counting = { -readonly [Key in keyof ToolUse]: ToolUse[Key] };

export function countTools(trajectories: Columns, contents: ContentColumns, { names, toolOf, calls, entries }: ToolColumns): ToolCounts {
  const ofContent = new Uint32Array(contents.length);
  const ofList = new Uint32Array((entries.length === 0 ? 0 : entries.lists[entries.length - 1]!) + 1);
  for (let i = 0; i < trajectories.length; i++) {
    const content = trajectories.contents[i]!;
    if (content >= contents.length) continue;
    ofContent[content]!++;
    const list = contents.toolLists[content]!;
    if (list < ofList.length) ofList[list]!++;
  }
  const uses: (Counting | undefined)[] = [];
  const useOf = (tool: number): Counting => (uses[tool] ??= nothingOf(names[tool]!));
  const byDefinition = countLists(ofList, toolOf, entries, useOf);
  countCalls(ofContent, calls, useOf);
  return { uses: uses.flatMap((use) => (use === undefined ? [] : [{ ...use, numIdle: use.numOffering - use.numIdle }])), byDefinition };
}

function countLists(
  ofList: Uint32Array,
  toolOf: Int32Array,
  { length, lists, definitions }: ToolColumns["entries"],
  useOf: (tool: number) => Counting,
): Uint32Array {
  const byDefinition = new Uint32Array(toolOf.length);
  // a list with two definitions of a tool offers it once
  const countedIn = new Map<number, number>();
  for (let at = 0; at < length; at++) {
    const [list, definition] = [lists[at]!, definitions[at]!];
    const count = ofList[list]!;
    if (count === 0) continue;
    const tool = toolOf[definition]!;
    const use = useOf(tool);
    if (byDefinition[definition] === 0) use.numDefinitions++;
    byDefinition[definition]! += count;
    if (countedIn.get(tool) === list) continue;
    countedIn.set(tool, list);
    use.numOffering += count;
  }
  return byDefinition;
}

/** `numIdle` counts those that offer and call it, until the end. */
function countCalls(ofContent: Uint32Array, calls: ToolColumns["calls"], useOf: (tool: number) => Counting): void {
  for (let at = 0; at < calls.length; at++) {
    const count = ofContent[calls.contents[at]!]!;
    if (count === 0) continue;
    const use = useOf(calls.tools[at]!);
    const [numCalls, numFaulty, numFailed] = [calls.numCalls[at]!, calls.numFaulty[at]!, calls.numFailed[at]!];
    use.numCalling += count;
    use.numCalls += count * numCalls;
    if (calls.offered[at] === 1) use.numIdle += count;
    else {
      use.numUnoffered += count;
      use.numUnofferedCalls += count * numCalls;
    }
    if (numFaulty > 0) use.numFaulty += count;
    use.numFaultyCalls += count * numFaulty;
    use.numAnsweredCalls += count * calls.numAnswered[at]!;
    if (numFailed > 0) use.numFailed += count;
    use.numFailedCalls += count * numFailed;
  }
}

const nothingOf = (name: string): Counting => ({
  name,
  numDefinitions: 0,
  numOffering: 0,
  numIdle: 0,
  numCalling: 0,
  numCalls: 0,
  numUnofferedCalls: 0,
  numUnoffered: 0,
  numFaultyCalls: 0,
  numFaulty: 0,
  numAnsweredCalls: 0,
  numFailedCalls: 0,
  numFailed: 0,
});
