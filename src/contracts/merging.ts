/** @file Conflicts between this workspace and one that was merged into it. */
import type { StateField } from "./changes.ts";
import type { Annotations } from "./review.ts";
import type { TrajectoryContent, TrajectoryId } from "./trajectory.ts";

/** What two workspaces can have changed differently. Whether a trajectory is there is no matter of opinion: work on it keeps it. */
export type MergedField = Exclude<StateField, "presence">;

interface Conflict {
  readonly id: number;
  readonly trajectoryId: TrajectoryId;
  /** Whose work theirs is. */
  readonly author: string;
  readonly at: string;
}

/** What stands here, and what the other workspace has; nothing is lost until somebody chooses. */
export type MergeConflictView = Conflict &
  (
    | { readonly field: "content"; readonly mine: TrajectoryContent; readonly theirs: TrajectoryContent }
    | { readonly field: "annotations"; readonly mine: Annotations; readonly theirs: Annotations }
    | { readonly field: "split" | "status" | "assignee"; readonly mine: string; readonly theirs: string }
  );
