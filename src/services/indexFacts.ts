/** @file Derives what lists filter contents by; stopped anywhere, it goes on from there. */
import { FACTS_VERSION, factsOf } from "#core/trajectories/contentFacts.ts";
import type { Store } from "#store/index.ts";
import type { ContentFact } from "#store/contentFacts.ts";

/** Facts of so many contents are written in one go; deriving them holds no lock. */
const BATCH = 256;

/** Writes: facts of all contents that have none. Calls `between` after each batch, which may throw to stop it. */
export function indexFacts(store: Store, between: (done: number) => void): void {
  const { facts } = store;
  facts.begin(FACTS_VERSION);
  for (;;) {
    const missing = facts.missing(BATCH);
    if (missing.length === 0) break;
    facts.write(derive(store, missing));
    between(missing.at(-1)!);
  }
  const numTools = facts.numToolNames();
  const outdated = facts.outdated();
  for (let at = 0; at < outdated.length; at += BATCH) {
    facts.write(derive(store, outdated.slice(at, at + BATCH)), { isRepeat: true });
    between(facts.progress(FACTS_VERSION).done);
  }
  // a content that was written meanwhile, with new tools, starts it again
  facts.write([], { numTools });
}

function derive(store: Store, contentIds: readonly number[]): readonly ContentFact[] {
  const knownTools = store.contents.toolNames();
  return contentIds.map((contentId) => ({ contentId, ...factsOf(store.contents.read(contentId).content, knownTools) }));
}
