/** @file Leaves one turn of a trajectory out of the loss: it stays in the conversation, and nothing is learned from it. */
import type { Turn } from "#contracts/trajectory.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import type { Client } from "./client.ts";
import { saveContent } from "./saveContent.ts";

export type LeftOut =
  | { readonly kind: "done" }
  /** The turn is not there any more, is left out already, or is the last one that is trained on. */
  | { readonly kind: "left"; readonly why: "gone" | "already" | "last" };

/** The turn that teaches `call`, as it stands in the trajectory now; -1: none. */
export function turnThatTeaches(turns: readonly Turn[], call: string): number {
  const wanted = call.trim();
  if (wanted === "") return -1;
  return turns.findLastIndex((turn) => turn.role === "assistant" && renderAssistantText(turn).trim().endsWith(wanted));
}

export async function leaveTurnOut(
  client: Client,
  { id, call, author, reason }: { readonly id: string; readonly call: string; readonly author: string; readonly reason: string },
): Promise<LeftOut> {
  const { trajectory, summary } = await client.trajectories.get({ id });
  const turnIndex = turnThatTeaches(trajectory.turns, call);
  if (turnIndex < 0) return { kind: "left", why: "gone" };
  const all = trajectory.turns.flatMap(({ role }, i) => (role === "assistant" ? [i] : []));
  const targets = (trajectory.targets ?? all).filter((index) => index !== turnIndex);
  if (targets.length === (trajectory.targets ?? all).length) return { kind: "left", why: "already" };
  if (targets.length === 0) return { kind: "left", why: "last" };
  await saveContent(client, { id, baseRevision: summary.revision, content: { ...trajectory, targets }, author }, reason);
  return { kind: "done" };
}
