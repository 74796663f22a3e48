/**
 * @file What was planted in the sample set, by the trajectories of a workspace: so that tracing on it can be measured against the truth.
 *
 * A case counts where the prompt it failed on stands under the condition of a planted fault and the output shows that fault. Relevant to it
 * are the training trajectories planted with the same class in the same regime for the same tool.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "#contracts/errors.ts";
import type { CaseTrace } from "#contracts/tracing.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { rankingQuality, type RankingQuality } from "#core/attribution/rankingQuality.ts";
import { showsPlantedFault } from "#core/evaluation/plantedFaults.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import type { Core } from "./core.ts";

const place = { id: z.string(), class: z.string(), regime: z.string(), tool: z.string() };
const truthSchema = z.object({
  planted: z.array(z.object({ ...place, message: z.int(), span: z.object({ start: z.int(), end: z.int() }) })),
  heldOutConditions: z.array(z.object(place)),
});
export type PlantedFault = z.infer<typeof truthSchema>["planted"][number];

/** A case that shows what was planted. */
export interface PlantedCase {
  /** `class:regime`. */
  readonly fault: string;
  readonly tool: string;
  /** Training trajectories that taught it, with what was planted in each. */
  readonly taughtBy: ReadonlyMap<string, PlantedFault>;
}

export interface PlantedTruth {
  /** Null where the case shows nothing that was planted. */
  of(caseId: string): PlantedCase | null;
}

/** @throws E_FILE_NOT_FOUND, E_FILE_DAMAGED where the file of the sample set is missing or not one */
export async function readPlantedTruth(core: Core): Promise<PlantedTruth> {
  const { planted, heldOutConditions } = await readTruth(join(core.paths.datasets, "sample", "truth.json"));
  const conditions = new Map(heldOutConditions.map((condition) => [condition.id, condition]));
  const faults = new Map(planted.map((fault) => [fault.id, fault]));
  const taughtBy = new Map<string, Map<string, PlantedFault>>();
  for (const { trajectory } of core.store.trajectories.each("train")) {
    const fault = faults.get(rowId(trajectory.metadata) ?? "");
    if (fault === undefined) continue;
    const alike = taughtBy.get(keyOf(fault)) ?? new Map<string, PlantedFault>();
    taughtBy.set(keyOf(fault), alike.set(trajectory.id, fault));
  }
  return {
    of(caseId) {
      const { trajectoryId } = core.store.cases.get(caseId);
      if (trajectoryId === null) return null;
      const { trajectory } = core.store.trajectories.get(trajectoryId);
      const condition = conditions.get(rowId(trajectory.metadata) ?? "");
      const { text, tools, expected } = core.store.cases.body(caseId);
      if (condition === undefined || expected === null) return null;
      const fault = `${condition.class}:${condition.regime}`;
      if (!showsPlantedFault(fault, parseAssistantText(text), readAssistantText(expected), tools)) return null;
      return { fault, tool: condition.tool, taughtBy: taughtBy.get(keyOf(condition)) ?? new Map() };
    },
  };
}

/** How well a trace found what taught the case, by the fused order, near-duplicates one by one. */
export function foundOf({ groups }: CaseTrace, { taughtBy }: PlantedCase): RankingQuality {
  const ranked = groups.flatMap(({ examples }) => examples).sort((a, b) => a.rank - b.rank);
  return rankingQuality(
    ranked.map(({ trajectories }) => trajectories.some(({ id }) => taughtBy.has(id))),
    taughtBy.size,
  );
}

const keyOf = ({ class: faultClass, regime, tool }: Pick<PlantedFault, "class" | "regime" | "tool">): string =>
  `${faultClass}:${regime}:${tool}`;

/** The name of the row it was imported from: in the metadata itself, or among the fields kept of the row. */
function rowId(metadata: TrajectoryContent["metadata"]): string | null {
  const parsed = z.object({ id: z.string() }).safeParse(metadata);
  if (parsed.success) return parsed.data.id;
  const nested = z.object({ fields: z.object({ metadata: z.object({ id: z.string() }) }) }).safeParse(metadata);
  return nested.success ? nested.data.fields.metadata.id : null;
}

async function readTruth(path: string): Promise<z.infer<typeof truthSchema>> {
  try {
    return truthSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) throw new AppError("E_FILE_DAMAGED", { path, detail: error.message });
    throw AppError.from(error);
  }
}
