/** @file Words of import and export: formats, ledger, counts. */
import type { TrajectoryId } from "./trajectory.ts";

/** Formats the product reads, with the words a person knows them by. */
export const IMPORT_FORMATS = {
  "toolbench-tree": "ToolBench answer tree",
  toolllama: "ToolBench training rows (toolllama)",
  tooleval: "ToolEval converted answers",
  "openai-chat": "OpenAI chat, JSON lines with tools",
  trl: "TRL and Hugging Face chat, arguments as objects",
  sharegpt: "ShareGPT conversations with function_call and observation",
  hermes: "Hermes function calling, with <tools> and <tool_call>",
  "api-bank": "API-Bank training rows",
  "api-bank-dialogue": "API-Bank dialogues",
  toolalpaca: "ToolAlpaca APIs with instructions",
  bfcl: "Berkeley function calling leaderboard (BFCL)",
  glaive: "Glaive function calling v2",
  xlam: "xLAM and APIGen, query with answers",
  toolace: "ToolACE conversations",
  csv: "CSV, a row for each turn or JSON in its cells",
  parquet: "Parquet, rows in any of these formats",
} as const;
export type ImportFormat = keyof typeof IMPORT_FORMATS;

/** Where a trajectory can come from: a file, or somebody who wrote it here. */
export const SOURCE_FORMATS = { ...IMPORT_FORMATS, written: "Written in Callsmith" } as const;
export type SourceFormat = keyof typeof SOURCE_FORMATS;

export const EXPORT_FORMATS = {
  "openai-chat": "OpenAI chat, JSON lines with tools",
  trl: "TRL and Hugging Face chat, arguments as objects",
  toolllama: "ToolBench training rows (toolllama)",
  "toolbench-tree": "ToolBench answer trees, of trajectories that came from one",
  tooleval: "ToolEval converted answers",
  sharegpt: "ShareGPT conversations for LLaMA-Factory",
  hermes: "Hermes function calling, with <tools> and <tool_call>",
  "api-bank": "API-Bank training rows",
  "api-bank-dialogue": "API-Bank dialogues",
  toolalpaca: "ToolAlpaca APIs with instructions",
  bfcl: "Berkeley function calling leaderboard (BFCL)",
  csv: "CSV, a row for each turn",
  parquet: "Parquet, a row for each trajectory",
  huggingface: "Hugging Face data set folder, Parquet by split",
  "huggingface-jsonl": "Hugging Face data set folder, JSON lines by split",
} as const;
export type ExportFormat = keyof typeof EXPORT_FORMATS;
/** Formats that are one text file, or text files. */
export type TextFormat = Exclude<ExportFormat, "parquet" | "huggingface" | "huggingface-jsonl">;

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
  readonly format: SourceFormat;
  readonly numBytes: number;
  readonly importedAt: string;
  readonly finished: boolean;
  readonly counts: ImportCounts;
  /** Files that lay beside it and were read with it; kept in the workspace as it is. */
  readonly beside: readonly { readonly name: string; readonly numBytes: number }[];
}
