/** @file Procedures of trajectories and their tokens. */
import { listFixes } from "../changes/listFixes.ts";
import { checkContent } from "../checkContent.ts";
import { inTurn } from "../inTurn.ts";
import { getTrajectory, listTrajectories, offsetOfTrajectory } from "../trajectories.ts";
import { tokensOfContent, tokensOfTrajectory } from "../tokensOfTrajectory.ts";
import { similarTrajectories } from "../similarTrajectories.ts";
import { base } from "./base.ts";

export const trajectories = {
  list: base.trajectories.list.handler(({ context: { core }, input: { filter, offset, limit, keep }, signal }) =>
    inTurn(core, signal, () => listTrajectories(core, filter, offset, limit, keep)),
  ),
  facets: base.trajectories.facets.handler(({ context: { core }, input, signal }) =>
    inTurn(core, signal, () => core.store.lists.facets(input.filter)),
  ),
  prepare: base.trajectories.prepare.handler(async ({ context: { core }, input: { filter, withFacets }, signal }) => {
    const total = await inTurn(core, signal, () => core.store.lists.count(filter));
    if (withFacets) await inTurn(core, signal, () => core.store.lists.facets(filter));
    return { total };
  }),
  get: base.trajectories.get.handler(({ context, input }) => getTrajectory(context.core, input.id, input.author)),
  fixes: base.trajectories.fixes.handler(({ context, input }) => listFixes(context.core, input.id, input.content)),
  similar: base.trajectories.similar.handler(({ context, input }) => similarTrajectories(context.core, input.id, input.limit)),
  tokens: base.trajectories.tokens.handler(({ context, input }) => tokensOfTrajectory(context.core, input)),
  tokensOf: base.trajectories.tokensOf.handler(({ context, input }) => tokensOfContent(context.core, input)),
  check: base.trajectories.check.handler(({ context, input }) => checkContent(context.core, input)),
  offsetOf: base.trajectories.offsetOf.handler(({ context: { core }, input: { id, filter, keep }, signal }) =>
    inTurn(core, signal, () => ({ offset: offsetOfTrajectory(core, id, filter, keep) })),
  ),
};
