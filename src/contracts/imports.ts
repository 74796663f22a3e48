/** @file Words of import and export: formats, ledger, counts. */
import type { TrajectoryId } from "./trajectory.ts";

/** Formats the product reads, with the words a person knows them by. */
export const IMPORT_FORMATS = {
  "toolbench-tree": "ToolBench answer tree",
  toolllama: "ToolBench training rows (toolllama)",
  "openai-chat": "OpenAI chat, JSON lines with tools",
  sharegpt: "ShareGPT conversations with function_call and observation",
} as const;
export type ImportFormat = keyof typeof IMPORT_FORMATS;

export const EXPORT_FORMATS = {
  "openai-chat": "OpenAI chat, JSON lines with tools",
  toolllama: "ToolBench training rows (toolllama)",
} as const;
export type ExportFormat = keyof typeof EXPORT_FORMATS;

export type LedgerOutcome = "taken" | "changed" | "refused";

/** What was altered on the way in, and by which rule; the original bytes stay in the workspace. */
export interface LedgerChange {
  readonly rule: string;
  readonly detail: string;
}

/** One line for every input row, whatever became of it. */
export interface LedgerRow {
  readonly rowIndex: number;
  /** Place of the row's first byte in the source file, and its length in bytes. */
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly outcome: LedgerOutcome;
  readonly trajectoryId?: TrajectoryId;
  readonly changes: readonly LedgerChange[];
  /** Refused rows only: the error code, why, and the byte where reading stopped. */
  readonly refusal?: { readonly code: string; readonly message: string; readonly fix: string; readonly byteOffset: number };
}

export interface ImportCounts {
  readonly rows: number;
  readonly taken: number;
  readonly changed: number;
  readonly refused: number;
  readonly trajectories: number;
  /** Rows that an earlier, interrupted import of the same file had already settled. */
  readonly alreadyImported: number;
}

export interface ImportedSource {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly format: ImportFormat;
  readonly numBytes: number;
  readonly importedAt: string;
  readonly finished: boolean;
  readonly counts: ImportCounts;
}
