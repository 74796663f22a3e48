/** @file What a change would do, before it is made: exact counts, and every place in pages. */
import type { ContentHit } from "./bulk.ts";
import type { HitPart } from "./contentParts.ts";
import type { Split } from "./trajectory.ts";

export interface PreviewCounts {
  /** Trajectories looked at. */
  readonly numWalked: number;
  readonly numChanged: number;
  readonly numSkipped: number;
  readonly numHits: number;
  readonly hitsByPart: Readonly<Partial<Record<HitPart, number>>>;
  /** Matches in text that cannot be read, which stay as they are. */
  readonly numLeft: number;
  /** Changed trajectories by split: evaluations compare with validation and test. */
  readonly changedBySplit: Readonly<Record<Split, number>>;
}

export interface PreviewRow {
  readonly trajectoryId: string;
  readonly split: Split;
  /** Why it is left as it is, or what of it; null for a change. */
  readonly exception: string | null;
  readonly hit: ContentHit | null;
}

export interface Preview {
  readonly id: number;
  readonly numChosen: number;
  /** False while it is being made: the counts still grow. */
  readonly isDone: boolean;
  /** The job that makes it; null where it was done at once. */
  readonly jobId: string | null;
  readonly counts: PreviewCounts;
  /** Rows there are to page through; places beyond a hundred thousand are counted, not listed. */
  readonly numListed: number;
}

export interface PreviewPage extends Preview {
  readonly offset: number;
  readonly rows: readonly PreviewRow[];
}
