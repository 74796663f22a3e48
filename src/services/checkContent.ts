/** @file What the call checker says of a content while it is edited. Asked with every pause in typing, so the conversation is remembered. */
import type { ValueGround } from "#contracts/calls.ts";
import type { ContentCheck } from "#contracts/procedures/trajectories.ts";
import type { AssistantTurn, TrajectoryContent } from "#contracts/trajectory.ts";
import { checkTurn, checkTurns } from "#core/trajectories/checkCalls.ts";
import { schemaFaults } from "#core/trajectories/checkSchema.ts";
import { createEvidenceCache, groundsOf, type Evidence } from "#core/trajectories/groundedValues.ts";
import { cleanContent } from "./changes/cleanContent.ts";
import type { Core } from "./core.ts";

const caches = new WeakMap<Core, (text: string) => Evidence>();

export function checkContent(
  core: Core,
  { content, turnIndex }: { readonly content: TrajectoryContent; readonly turnIndex?: number | undefined },
): ContentCheck {
  const clean = cleanContent(content);
  const knownTools = core.store.contents.toolNames();
  const evidenceFor = caches.get(core) ?? createEvidenceCache();
  caches.set(core, evidenceFor);
  const checks =
    turnIndex === undefined
      ? Object.fromEntries(checkTurns(clean, knownTools))
      : clean.turns[turnIndex]?.role === "assistant"
        ? { [turnIndex]: checkTurn(clean, turnIndex, knownTools, { evidenceFor }) }
        : {};
  const turn = turnIndex === undefined ? undefined : clean.turns[turnIndex];
  const toolFaults = clean.tools.flatMap((tool, toolIndex) => schemaFaults(tool.parameters).map((fault) => ({ toolIndex, ...fault })));
  return { checks, toolFaults, grounds: turn?.role === "assistant" ? groundsOfCalls(clean, turn, turnIndex!, evidenceFor) : [] };
}

function groundsOfCalls(
  content: TrajectoryContent,
  turn: AssistantTurn,
  turnIndex: number,
  evidenceFor: (text: string) => Evidence,
): readonly Readonly<Record<string, ValueGround>>[] {
  const conversation = content.turns.slice(0, turnIndex);
  return turn.calls.map((call) => {
    const schema = content.tools.find((tool) => tool.name === call.name)?.parameters ?? {};
    return call.arguments.ok ? groundsOf(call.arguments.value, schema, conversation, evidenceFor) : {};
  });
}
