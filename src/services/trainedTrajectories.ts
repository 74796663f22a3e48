/** @file What a run is trained on: the data set as it is, or as a frozen version has it, less what the run leaves out. */
import { AppError } from "#contracts/errors.ts";
import type { RunConfig } from "#contracts/run.ts";
import type { Split } from "#contracts/trajectory.ts";
import type { Store } from "#store/index.ts";
import type { StoredTrajectory } from "#store/trajectories.ts";

export interface TrainedTrajectories {
  /** Of a split, in order of id; those that are left out among them. */
  each(split: Split): Iterable<StoredTrajectory>;
  isLeftOut(id: string): boolean;
  /** Left out, or rejected since by a repair: others stay where they were all the same. */
  keepsPlace(id: string): boolean;
}

type DataSettings = Pick<RunConfig, "dataVersion" | "repairedTrajectories" | "withoutTrajectories">;

/** @throws E_CONFIG_INVALID where the version is not there, E_NOT_FOUND for a repaired trajectory that is not */
export function trainedTrajectories(store: Store, config: DataSettings): TrainedTrajectories {
  const { dataVersion } = config;
  const leftOut = new Set(config.withoutTrajectories);
  const isLeftOut = (id: string): boolean => leftOut.has(id);
  if (dataVersion === null) return { each: (split) => store.trajectories.each(split), isLeftOut, keepsPlace: isLeftOut };
  const version = store.dataVersions.byName(dataVersion);
  if (version === null) throw new AppError("E_CONFIG_INVALID", { detail: `dataVersion: no version is called "${dataVersion}"` });
  // contents and status of today; which split it was in stays, so that nothing but the repair differs
  const repaired = new Map(config.repairedTrajectories.map((id) => [id, store.trajectories.get(id)]));
  return {
    *each(split) {
      for (const one of store.trajectories.eachOfVersion(version.id, split)) {
        const now = repaired.get(one.trajectory.id);
        if (now === undefined) yield one;
        // taken back since: a run on what there is now would not see it
        else if (!now.isRemoved) yield { ...now, trajectory: { ...now.trajectory, split } };
      }
    },
    isLeftOut,
    keepsPlace: (id) => leftOut.has(id) || repaired.has(id),
  };
}

/** The version that a run was trained on, or null where none was cut: of a run from before there were versions. */
export function versionTrainedOn(
  store: Store,
  runId: string,
): { readonly id: number; readonly name: string; readonly hash: string } | null {
  const { dataVersion } = store.runs.get(runId).config;
  if (dataVersion !== null) return store.dataVersions.byName(dataVersion);
  let found = store.dataVersions.byName(runId);
  // a run that started again after the data set had changed cut another (`freezeForRun`)
  for (let again = 2; found !== null; again++) {
    const later = store.dataVersions.byName(`${runId}, ${again}`);
    if (later === null) break;
    found = later;
  }
  return found;
}
