/** @file The tools of the data set as it stands: counted once for each state of it, then listed, searched and sorted from memory. */
import { AppError } from "#contracts/errors.ts";
import { TOOL_LISTS, type ToolDetail, type ToolListName, type ToolOrder, type ToolPage, type ToolUse } from "#contracts/tools.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { countTools, type ToolCounts } from "./countTools.ts";
import type { ToolListRepository } from "./toolLists.ts";
import type { TrajectoryLists } from "./trajectoryLists.ts";

export interface ToolQuestion {
  readonly text: string;
  readonly list: ToolListName;
  readonly order: ToolOrder;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
  readonly find?: string | undefined;
}

const MOST_VARIANTS = 200;
const KEPT_ORDERS = 8;

export type ToolCatalogue = ReturnType<typeof toolCatalogue>;

export function toolCatalogue(lists: TrajectoryLists, toolLists: ToolListRepository) {
  let version = "";
  let counts: ToolCounts = { uses: [], byDefinition: new Uint32Array() };
  let ordered = new Map<string, readonly ToolUse[]>();

  const read = (): ToolCounts => {
    const sources = lists.toolSources();
    if (sources.version !== version) {
      counts = countTools(sources.columns, sources.contents, sources.tools);
      ordered = new Map();
      version = sources.version;
    }
    return counts;
  };
  const listed = ({ text, list, order, descending }: ToolQuestion): readonly ToolUse[] => {
    const key = JSON.stringify([text, list, order, descending]);
    const known = ordered.get(key);
    if (known !== undefined) return known;
    const sign = descending ? -1 : 1;
    const made = named(counts.uses, text)
      .filter(IS_IN[list])
      .sort((a, b) => sign * compare(a, b, order) || byName(a, b));
    ordered.set(key, made);
    if (ordered.size > KEPT_ORDERS) ordered.delete(ordered.keys().next().value!);
    return made;
  };

  return {
    /** Reads only: a page of the catalogue. */
    page(question: ToolQuestion): Omit<ToolPage, "isComplete"> {
      const { uses } = read();
      const rows = listed(question);
      const { text, offset, limit, find } = question;
      const place = find === undefined ? -1 : rows.findIndex(({ name }) => name === find);
      const matching = named(uses, text);
      return {
        total: rows.length,
        offset,
        rows: rows.slice(offset, offset + limit),
        place: place < 0 ? null : place,
        counts: Object.fromEntries(TOOL_LISTS.map((list) => [list, matching.filter(IS_IN[list]).length])) as ToolPage["counts"],
      };
    },

    /** Reads only: a tool with its definitions; throws `E_NOT_FOUND`. */
    get(name: string): ToolDetail {
      const { uses, byDefinition } = read();
      const use = uses.find((each) => each.name === name);
      if (use === undefined) throw new AppError("E_NOT_FOUND", { what: "tool", id: name });
      const { tools } = lists.toolSources();
      const tool = tools.numberOf(name);
      const ids: number[] = [];
      for (let id = 1; id < byDefinition.length; id++) if (tools.toolOf[id] === tool && byDefinition[id]! > 0) ids.push(id);
      ids.sort((a, b) => byDefinition[b]! - byDefinition[a]! || a - b);
      const variants = toolLists.definitions(ids.slice(0, MOST_VARIANTS));
      return { use, variants: variants.map(({ id, definition }) => ({ id, definition, numTrajectories: byDefinition[id]! })) };
    },

    /** Reads only: one definition by its id; throws `E_NOT_FOUND`. */
    definition(id: number): ToolDefinition {
      const [found] = toolLists.definitions([id]);
      if (found === undefined) throw new AppError("E_NOT_FOUND", { what: "tool definition", id: String(id) });
      return found.definition;
    },
  };
}

const IS_IN: Readonly<Record<ToolListName, (use: ToolUse) => boolean>> = {
  all: () => true,
  varied: ({ numDefinitions }) => numDefinitions > 1,
  unoffered: ({ numUnofferedCalls }) => numUnofferedCalls > 0,
  idle: ({ numOffering, numCalls }) => numOffering > 0 && numCalls === 0,
  faulty: ({ numFaultyCalls }) => numFaultyCalls > 0,
  failed: ({ numFailedCalls }) => numFailedCalls > 0,
};

const share = (part: number, whole: number): number => (whole === 0 ? -1 : part / whole);
const VALUE: Readonly<Record<Exclude<ToolOrder, "name">, (use: ToolUse) => number>> = {
  definitions: ({ numDefinitions }) => numDefinitions,
  offering: ({ numOffering }) => numOffering,
  calling: ({ numCalling }) => numCalling,
  calls: ({ numCalls }) => numCalls,
  unoffered: ({ numUnofferedCalls }) => numUnofferedCalls,
  faulty: ({ numFaultyCalls, numCalls }) => share(numFaultyCalls, numCalls),
  failed: ({ numFailedCalls, numAnsweredCalls }) => share(numFailedCalls, numAnsweredCalls),
};

const byName = (a: ToolUse, b: ToolUse): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const compare = (a: ToolUse, b: ToolUse, order: ToolOrder): number => (order === "name" ? byName(a, b) : VALUE[order](a) - VALUE[order](b));

function named(uses: readonly ToolUse[], text: string): readonly ToolUse[] {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  return parts.length === 0
    ? uses
    : uses.filter(({ name }) => {
        const lower = name.toLowerCase();
        return parts.every((part) => lower.includes(part));
      });
}
