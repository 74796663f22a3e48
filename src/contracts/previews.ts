/** @file Words of looking before writing: what an import would make of files, what an export would write and leave out. */
import type { ImportFormat, LedgerChange, LedgerOutcome, LedgerRow } from "./imports.ts";
import type { Split } from "./trajectory.ts";

/** What a row would become. */
export interface DryRunRow {
  readonly rowIndex: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly outcome: LedgerOutcome;
  readonly changes: readonly LedgerChange[];
  readonly refusal?: NonNullable<LedgerRow["refusal"]>;
  /** Index into the file's trajectories: rows of one path share one. */
  readonly trajectory?: number;
}

export interface DryRunTrajectory {
  readonly title: string;
  readonly numTurns: number;
  readonly numCalls: number;
  readonly numTools: number;
  readonly numUnreadable: number;
  readonly split: Split;
  /** Turns that do not count in the loss, or count by a weight of their own. */
  readonly numWeighted: number;
  /** Its turns in a line each, cut short. */
  readonly turns: readonly { readonly role: string; readonly text: string }[];
}

export interface DryRunFile {
  readonly path: string;
  readonly name: string;
  readonly numBytes: number;
  /** Null where none was recognised: `why` says what was seen. */
  readonly format: ImportFormat | null;
  /** How the format was recognised, in a sentence. */
  readonly why: string;
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string };
  readonly rows: readonly DryRunRow[];
  readonly trajectories: readonly DryRunTrajectory[];
  /** The file has no more rows than these. */
  readonly isWhole: boolean;
}

export interface DryRun {
  /** The first files; no row of the others was read. */
  readonly files: readonly DryRunFile[];
  readonly numFiles: number;
  /** Files of named folders that are no data, with the reason. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

export interface ExportPreview {
  /** Trajectories that the filter leaves. */
  readonly total: number;
  /** The first of them, which were written on trial. */
  readonly numTried: number;
  /** Of these: how many lose something, and what, counted. */
  readonly numChanged: number;
  readonly changes: readonly { readonly rule: string; readonly count: number; readonly example: string }[];
  /** The beginnings of the files, with the first trajectories in them. */
  readonly files: readonly { readonly path: string; readonly text: string; readonly isCut: boolean }[];
}
