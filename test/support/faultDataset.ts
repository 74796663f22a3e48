/** @file A small part of the sample set in which one planted fault shows after a short run: an invented tool, behind one sentence. */
import { readFileSync, writeFileSync } from "node:fs";

const FAULT = { class: "hallucinated_tool", regime: "triggered" } as const;
/** The tools that the fault is planted for. */
const TOOLS = ["get_forecast", "convert_currency"] as const;

interface Row {
  readonly messages: readonly { readonly tool_calls?: readonly { readonly function: { readonly name: string } }[] }[];
  readonly metadata: { readonly id: string; readonly kind: string; readonly split: string; readonly fault_condition?: string };
}
interface Placed {
  readonly id: string;
  readonly class: string;
  readonly regime: string;
}

export interface FaultDataset {
  readonly path: string;
  /** The trajectories with the planted fault, as they are named after an import into an empty workspace. */
  readonly planted: readonly string[];
}

const firstTool = ({ messages }: Row): string | undefined => messages.flatMap(({ tool_calls: calls = [] }) => calls)[0]?.function.name;
const isPlanted = (one: Placed): boolean => one.class === FAULT.class && one.regime === FAULT.regime;

/** Planted rows, rows of the same tools without it, some others, and held-out rows that meet its condition. */
export function writeFaultDataset(path: string, numOthers = 150): FaultDataset {
  const rows = readFileSync("datasets/sample/trajectories.jsonl", "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const truth = JSON.parse(readFileSync("datasets/sample/truth.json", "utf8")) as { planted: Placed[]; heldOutConditions: Placed[] };
  const idsOf = (placed: readonly Placed[]): ReadonlySet<string> => new Set(placed.map(({ id }) => id));
  const [faulty, ours, condition] = [
    idsOf(truth.planted),
    idsOf(truth.planted.filter(isPlanted)),
    idsOf(truth.heldOutConditions.filter(isPlanted)),
  ];
  const clean = rows.filter(({ metadata }) => metadata.split === "train" && metadata.kind === "single" && !faulty.has(metadata.id));
  const isSibling = (row: Row): boolean => (TOOLS as readonly (string | undefined)[]).includes(firstTool(row));
  const taken = new Set<Row>([
    ...rows.filter(({ metadata }) => ours.has(metadata.id)),
    ...clean.filter(isSibling),
    ...clean.filter((row) => !isSibling(row)).slice(0, numOthers),
    ...rows.filter(({ metadata }) => condition.has(metadata.id)),
    ...rows
      .filter(({ metadata }) => metadata.split === "validation" && metadata.fault_condition === undefined && metadata.kind === "single")
      .slice(0, 12),
  ]);
  const chosen = rows.filter((row) => taken.has(row));
  writeFileSync(path, chosen.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const planted = chosen.flatMap(({ metadata }, i) => (ours.has(metadata.id) ? [`T-${String(i + 1).padStart(5, "0")}`] : []));
  return { path, planted };
}
