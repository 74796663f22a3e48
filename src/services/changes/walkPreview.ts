/** @file Looks what an operation would do to each chosen trajectory, and writes it down in short transactions. */
import type { HitPart } from "#contracts/contentParts.ts";
import type { PreviewCounts } from "#contracts/preview.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import type { PreviewFinding } from "#store/previews.ts";
import type { Store } from "#store/index.ts";
import type { TaskControl } from "../dataTask.ts";
import { prepareAnew } from "./bulkEditOf.ts";

/** Looked at between two transactions; large enough that the writing does not cost more than the looking. */
const PAGE = 128;

export function walkPreview(store: Store, id: number, control?: TaskControl): PreviewCounts {
  const { operation, numChosen, counts: start } = store.previews.get(id);
  const edit = prepareAnew(store, operation);
  const look = (trajectory: number): PreviewFinding & { readonly numLeft: number } => {
    const outcome = edit(store.contents.read(store.changes.state(trajectory).contentId).content, trajectoryIdOf(trajectory));
    if ("skip" in outcome) return { trajectory, outcome: "skipped", exceptions: [outcome.skip], hits: [], numLeft: 0 };
    const { hits, numLeft } = outcome;
    const places =
      numLeft === 1
        ? "1 place in text that cannot be read stays as it is"
        : `${numLeft.toLocaleString("en")} places in text that cannot be read stay as they are`;
    const exceptions = numLeft === 0 ? [] : [places];
    return { trajectory, outcome: hits.length === 0 ? "same" : "changes", exceptions, hits, numLeft };
  };
  control?.report({ phase: "looking", done: 0, total: numChosen });
  let counts = start;
  for (let last = 0; ;) {
    control?.checkpoint();
    const page = store.previews.nextTargets(id, last, PAGE);
    if (page.length === 0) break;
    last = page.at(-1)!;
    const findings = page.map(look);
    counts = findings.reduce((sum, finding) => added(store, sum, finding), counts);
    store.transaction(() => store.previews.write(id, findings, counts));
    control?.report({ done: counts.numWalked, total: numChosen }, false);
  }
  store.transaction(() => store.previews.finish(id, counts));
  // what earlier ones left, by whoever has the time; a preview made while the page waits takes only some
  while (store.transaction(() => store.previews.forgetSome(id)) && control !== undefined) control.checkpoint();
  return counts;
}

function added(
  store: Store,
  counts: PreviewCounts,
  { trajectory, outcome, hits, numLeft }: PreviewFinding & { readonly numLeft: number },
): PreviewCounts {
  const hitsByPart: Partial<Record<HitPart, number>> = { ...counts.hitsByPart };
  for (const { part } of hits) hitsByPart[part] = (hitsByPart[part] ?? 0) + 1;
  const changes = outcome === "changes" ? 1 : 0;
  const { split } = store.changes.state(trajectory);
  return {
    numWalked: counts.numWalked + 1,
    numChanged: counts.numChanged + changes,
    numSkipped: counts.numSkipped + (outcome === "skipped" ? 1 : 0),
    numHits: counts.numHits + hits.length,
    hitsByPart,
    numLeft: counts.numLeft + numLeft,
    changedBySplit: { ...counts.changedBySplit, [split]: counts.changedBySplit[split] + changes },
  };
}
