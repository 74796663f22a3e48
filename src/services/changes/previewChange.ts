/** @file Previews of changes: at once for a few trajectories, as a job for many; read in pages while and after they are made. */
import type { ContentOperation } from "#contracts/bulk.ts";
import type { Selection } from "#contracts/procedures/changes.ts";
import type { Preview, PreviewPage } from "#contracts/preview.ts";
import type { Core } from "../core.ts";
import { readScheme } from "../review.ts";
import { runDataTask } from "../runDataTask.ts";
import { requireValid } from "./bulkEditOf.ts";
import { chosenBy } from "./chosenBy.ts";
import { changeTitle } from "./changeTitle.ts";
import { walkPreview } from "./walkPreview.ts";

/** Up to so many trajectories are looked through while the page waits. */
const AT_ONCE = 100;

export function startPreview(core: Core, selection: Selection, operation: ContentOperation): Preview {
  requireValid(core.store, operation);
  const chosen = chosenBy(core, selection);
  const id = core.store.transaction(() => core.store.previews.start(operation, chosen));
  if (chosen.length <= AT_ONCE) walkPreview(core.store, id);
  else
    startPreviewJob(
      core,
      id,
      changeTitle(operation, chosen.length, chosen[0], () => readScheme(core)),
    );
  return previewOf(core, id);
}

export function readPreview(core: Core, id: number, offset: number, limit: number): PreviewPage {
  return { ...previewOf(core, id), offset, rows: core.store.previews.rows(id, offset, limit) };
}

function previewOf(core: Core, id: number): Preview {
  const { operation: _operation, ...preview } = core.store.previews.get(id);
  const job = core.jobs.list().find(({ kind, subject }) => kind === "preview" && subject === String(id));
  return { ...preview, jobId: job?.id ?? null };
}

function startPreviewJob(core: Core, id: number, title: string): void {
  core.jobs.start(
    {
      kind: "preview",
      title: `Preview: ${title}`,
      unit: "trajectories",
      subject: String(id),
      canPause: true,
      resumeHint: "Ask for the preview again. Nothing was changed.",
    },
    (handle) => runDataTask(core, { type: "preview", previewId: id }, handle, () => undefined),
  );
}
