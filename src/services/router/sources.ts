/** @file Procedures of import, export and the file browser. */
import { browseFiles } from "../browseFiles.ts";
import { dryRun } from "../dryRun.ts";
import { startExport } from "../exportDataset.ts";
import { startImport } from "../importDataset.ts";
import { previewExport } from "../previewExport.ts";
import { base } from "./base.ts";

export const sources = {
  list: base.sources.list.handler(({ context }) => context.core.store.sources.list()),
  import: base.sources.import.handler(({ context, input }) => ({ jobId: startImport(context.core, input).id })),
  ledger: base.sources.ledger.handler(({ context, input }) => context.core.store.sources.ledger(input.sourceId, input)),
  export: base.sources.export.handler(({ context, input }) => ({ jobId: startExport(context.core, input).id })),
  dryRun: base.sources.dryRun.handler(({ input }) => dryRun(input)),
  previewExport: base.sources.previewExport.handler(({ context, input }) => previewExport(context.core, input)),
  browse: base.sources.browse.handler(({ input }) => browseFiles(input.path)),
};
