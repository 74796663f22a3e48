/** @file Import, export, and the server-side file browser (a page is only ever given paths from here or from a native dialog). */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { EXPORT_FORMATS, IMPORT_FORMATS, type ExportFormat, type ImportedSource, type ImportFormat, type LedgerRow } from "../imports.ts";
import type { DryRun, ExportPreview } from "../previews.ts";
import { trajectoryFilterSchema } from "./trajectories.ts";

const importFormatSchema = z.enum(Object.keys(IMPORT_FORMATS) as [ImportFormat, ...ImportFormat[]]);
const exportFormatSchema = z.enum(Object.keys(EXPORT_FORMATS) as [ExportFormat, ...ExportFormat[]]);

export interface FileEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: "folder" | "file";
  readonly numBytes: number;
}

export interface BrowsedFolder {
  readonly path: string;
  readonly parent: string | null;
  readonly entries: readonly FileEntry[];
}

export const sources = {
  list: oc.output(output<readonly ImportedSource[]>()),
  import: oc
    .input(z.object({ paths: z.array(z.string().min(1)).min(1), format: importFormatSchema.optional() }))
    .output(output<{ readonly jobId: string }>()),
  ledger: oc
    .input(
      z.object({
        sourceId: z.int(),
        outcome: z.enum(["taken", "changed", "refused"]).optional(),
        offset: z.int().nonnegative().default(0),
        limit: z.int().min(1).max(500).default(100),
      }),
    )
    .output(output<{ readonly total: number; readonly rows: readonly LedgerRow[] }>()),
  export: oc
    .input(z.object({ format: exportFormatSchema, directory: z.string().min(1), filter: trajectoryFilterSchema.default({}) }))
    .output(output<{ readonly jobId: string }>()),
  dryRun: oc
    .input(
      z.object({
        paths: z.array(z.string().min(1)).min(1),
        format: importFormatSchema.optional(),
        limit: z.int().min(1).max(200).default(20),
      }),
    )
    .output(output<DryRun>()),
  previewExport: oc
    .input(
      z.object({
        format: exportFormatSchema,
        filter: trajectoryFilterSchema.default({}),
        limit: z.int().min(1).max(20).default(3),
      }),
    )
    .output(output<ExportPreview>()),
  browse: oc.input(z.object({ path: z.string().optional() })).output(output<BrowsedFolder>()),
};
