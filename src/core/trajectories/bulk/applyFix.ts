/** @file A certain fix applied wherever a content has the fault, found anew: by content, not by place. */
import type { ContentHit, FixOperation } from "#contracts/bulk.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { checkTurn } from "../checkCalls.ts";
import type { BulkOutcome, RemovedPlace } from "./bulkEdit.ts";
import { fixesOf, type FixOffer } from "./fixes.ts";

/** Faults of one trajectory; whoever has more has another problem. */
const MOST_FIXES = 1000;

export function prepareFix(operation: FixOperation): (content: TrajectoryContent) => BulkOutcome {
  return (content) => {
    const hits: ContentHit[] = [];
    const removed: RemovedPlace[] = [];
    let now = content;
    // hits name turns as they were before anything was removed
    let origins = content.turns.map((_, i) => i);
    for (let turn = 0; turn < now.turns.length;) {
      const fix = hits.length < MOST_FIXES ? lastFix(now, turn, operation) : undefined;
      if (fix === undefined) {
        turn++;
        continue;
      }
      const fixed = fix.apply();
      hits.push(...fixed.hits.map((hit) => ({ ...hit, turn: origins[turn]! })));
      const gone = (fixed.removed ?? []).filter((place) => place.call === undefined).map((place) => place.turn);
      removed.push(...(fixed.removed ?? []));
      origins = origins.filter((_, i) => !gone.includes(i));
      now = fixed.content;
    }
    hits.sort((a, b) => a.turn! - b.turn! || a.call! - b.call! || a.start - b.start);
    return { content: now, hits, numLeft: 0, ...(removed.length === 0 ? {} : { removed }) };
  };
}

/** From the last to the first, so that places of those before stay what they are. */
function lastFix(content: TrajectoryContent, turn: number, operation: FixOperation): FixOffer | undefined {
  if (content.turns[turn]!.role !== "assistant" || (operation.at !== undefined && operation.at.turn !== turn)) return undefined;
  const { findings } = checkTurn(content, turn, undefined, { skipsGrounding: true });
  return fixesOf(content, turn, findings)
    .filter((fix) => isLike(fix, operation))
    .sort((a, b) => a.callIndex - b.callIndex || a.hits[0]!.start - b.hits[0]!.start)
    .at(-1);
}

function isLike(fix: FixOffer, { fix: kind, tool, parameter, from, to, at }: FixOperation): boolean {
  const { like } = fix;
  return (
    fix.kind === kind &&
    (tool === undefined || tool === like.tool) &&
    (parameter === undefined || parameter === like.parameter) &&
    (from === undefined || from === like.from) &&
    (to === undefined || to === like.to) &&
    (at === undefined || (at.call === fix.callIndex && at.pointer === fix.operation.at?.pointer))
  );
}
