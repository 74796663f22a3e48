/** @file A trajectory as a model sees it: every token with its segment, whether it is trained on, and what the window cut. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MaskMode, Segment, TokenizedExample, Truncation } from "#contracts/example.ts";
import { SEGMENTS } from "#contracts/example.ts";
import type { TokensOfTrajectory, TokenView } from "#contracts/procedures/trajectories.ts";
import type { Trajectory, TrajectoryContent, TrajectoryId } from "#contracts/trajectory.ts";
import { buildWindows } from "#core/tokenizer/buildWindows.ts";
import { TEMPLATE_VERSION } from "#core/tokenizer/chatTemplate.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { cleanContent } from "./changes/cleanContent.ts";
import type { Core } from "./core.ts";
import { modelDirOf, readModelFolder, readTokenizer } from "./models.ts";

export interface TokenLayout {
  readonly model: string;
  readonly maskMode: MaskMode;
  readonly maxLength: number;
  readonly truncation: Truncation;
  /** Which of the trajectory's windows; the last one where there are fewer. */
  readonly window: number;
}

export async function tokensOfTrajectory(
  core: Core,
  { id, ...layout }: TokenLayout & { readonly id: string },
): Promise<TokensOfTrajectory> {
  return layOutTokens(core, core.store.trajectories.get(id).trajectory, id, layout);
}

/** @param content as it is edited; it has no id yet */
export async function tokensOfContent(
  core: Core,
  { content, ...layout }: TokenLayout & { readonly content: TrajectoryContent },
): Promise<TokensOfTrajectory> {
  return layOutTokens(core, { ...cleanContent(content), id: "" as TrajectoryId, split: "train" }, null, layout);
}

async function layOutTokens(core: Core, trajectory: Trajectory, id: string | null, layout: TokenLayout): Promise<TokensOfTrajectory> {
  const { model, maskMode, maxLength, truncation } = layout;
  const tokenizer = await tokenizerIn(modelDirOf(core.paths, model));
  const { windows, refusals } = buildWindows(trajectory, tokenizer, { maxLength, maskMode, truncation });
  const [first] = refusals;
  const refusal = first === undefined ? null : { code: first.code, reason: first.reason, numTurns: refusals.length };
  const window = Math.max(0, Math.min(layout.window, windows.length - 1));
  const asked = { trajectoryId: id, tokenizer: tokenizer.name, template: TEMPLATE_VERSION, maskMode, maxLength, truncation };
  const common = { ...asked, window, numWindows: windows.length, refusal };
  const example = windows[window]?.example;
  if (example === undefined) return { ...common, tokens: null, numSupervised: 0, fullLength: 0, cuts: [], countBySegment: {} };
  return {
    ...common,
    tokens: viewsOf(example, tokenizer),
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
