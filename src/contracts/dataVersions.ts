/** @file Frozen versions of the data set: a name, a hash, and what differs between two of them. */
import type { StateField } from "./changes.ts";
import type { TrajectoryId } from "./trajectory.ts";

export interface DataVersion {
  readonly id: number;
  readonly name: string;
  /** SHA-256 over content hash, split and status of every trajectory in order of id, in hexadecimal. */
  readonly hash: string;
  readonly author: string;
  readonly note: string;
  readonly at: string;
  readonly numTrajectories: number;
}

/** One trajectory that differs between two versions. */
export interface VersionDifference {
  readonly trajectoryId: TrajectoryId;
  readonly title: string;
  /** Revision in the earlier version; null where it was not there yet. */
  readonly from: number | null;
  readonly to: number;
  readonly changed: readonly StateField[];
}

export interface VersionDiff {
  readonly total: number;
  readonly added: number;
  readonly offset: number;
  readonly rows: readonly VersionDifference[];
}
