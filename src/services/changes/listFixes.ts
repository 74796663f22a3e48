/** @file Certain fixes for the faults of one trajectory, as an editor offers them beside the findings. */
import type { CallFix } from "#contracts/bulk.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { fixesOf, type FixOffer } from "#core/trajectories/bulk/fixes.ts";
import { checkTurn } from "#core/trajectories/checkCalls.ts";
import type { Core } from "../core.ts";
import { cleanContent } from "./cleanContent.ts";

/** @param unsaved what the page shows, where that differs from what is stored */
export function listFixes(
  core: Core,
  id: string,
  unsaved?: TrajectoryContent,
): { readonly fixes: Readonly<Record<number, readonly CallFix[]>> } {
  const stored = core.store.trajectories.get(id).trajectory;
  const content = unsaved === undefined ? stored : cleanContent(unsaved);
  const knownTools = core.store.contents.toolNames();
  const byTurn = content.turns.flatMap((turn, i) => {
    const fixes = turn.role === "assistant" ? fixesOf(content, i, checkTurn(content, i, knownTools).findings) : [];
    return fixes.length === 0 ? [] : [[i, fixes.map(shownFix)] as const];
  });
  return { fixes: Object.fromEntries(byTurn) };
}

const shownFix = ({ apply: _apply, ...fix }: FixOffer): CallFix => fix;
