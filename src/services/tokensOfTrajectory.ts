/** @file A trajectory as a model sees it: every token with its segment, whether it is trained on, and what the window cut. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MaskMode, Segment, TokenizedExample } from "#contracts/example.ts";
import { SEGMENTS } from "#contracts/example.ts";
import type { TokensOfTrajectory, TokenView } from "#contracts/procedures/trajectories.ts";
import { buildExample } from "#core/tokenizer/buildExample.ts";
import { TEMPLATE_VERSION } from "#core/tokenizer/chatTemplate.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import type { Core } from "./core.ts";
import { modelDirOf, readModelFolder, readTokenizer } from "./models.ts";

export interface TokensRequest {
  readonly id: string;
  readonly model: string;
  readonly maskMode: MaskMode;
  readonly maxLength: number;
}

export async function tokensOfTrajectory(core: Core, { id, model, maskMode, maxLength }: TokensRequest): Promise<TokensOfTrajectory> {
  const { trajectory } = core.store.trajectories.get(id);
  const tokenizer = await tokenizerIn(modelDirOf(core.paths, model));
  const outcome = buildExample(trajectory, tokenizer, { maxLength, maskMode });
  const asked = { trajectoryId: id, tokenizer: tokenizer.name, template: TEMPLATE_VERSION, maskMode, maxLength };
  if (!outcome.ok) {
    const { code, reason } = outcome;
    return { ...asked, tokens: null, refusal: { code, reason }, numSupervised: 0, fullLength: 0, cuts: [], countBySegment: {} };
  }
  const { example } = outcome;
  return {
    ...asked,
    tokens: viewsOf(example, tokenizer),
    refusal: null,
    numSupervised: example.lossMask.reduce((sum, trained) => sum + trained, 0),
    fullLength: example.fullLength,
    cuts: example.cuts,
    countBySegment: countsOf(example),
  };
}

function viewsOf(example: TokenizedExample, tokenizer: Tokenizer): readonly TokenView[] {
  return Array.from(example.inputIds, (tokenId, t) => ({
    text: tokenizer.decode([tokenId]),
    id: tokenId,
    segment: SEGMENTS[example.segments[t]!]!,
    trained: example.lossMask[t] === 1,
    turnIndex: example.turnIndices[t]!,
  }));
}

function countsOf({ segments, lossMask }: TokenizedExample): TokensOfTrajectory["countBySegment"] {
  const counts: Partial<Record<Segment, { tokens: number; trained: number }>> = {};
  for (let t = 0; t < segments.length; t++) {
    const count = (counts[SEGMENTS[segments[t]!]!] ??= { tokens: 0, trained: 0 });
    count.tokens++;
    count.trained += lossMask[t]!;
  }
  return counts;
}

/** Of a model, where it is kept between questions; else of a folder that holds a tokenizer only. */
async function tokenizerIn(dir: string): Promise<Tokenizer> {
  return existsSync(join(dir, "config.json")) ? (await readModelFolder(dir)).tokenizer : readTokenizer(dir);
}
