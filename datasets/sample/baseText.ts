/**
 * @file The text on which the base model is pretrained: conversations over the same tools and all pool values, in wordings of its own.
 *
 * It holds no planted fault and no template of the sample set; of those it takes only the words, and the word in front of a slot, as
 * key words in any order. Several requests follow each other in one conversation, so that most tokens are worth learning from.
 */
import type { JsonObject } from "#contracts/json.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import {
  answerTurn,
  callTurn,
  drawAnswer,
  drawArguments,
  drawResult,
  ERRORS,
  failureAnswer,
  offerTools,
  REFUSALS,
  requiredOf,
  resultTurn,
  SYSTEM_TEXTS,
  usesFreeText,
} from "./conversation.ts";
import { CHAINS, TOOLS, toolNamed } from "./domains/index.ts";
import type { Random } from "./random.ts";
import type { ChainSpec, ToolSpec } from "./specification.ts";
import { cuesOf, keywordRequest, plainRequest, wordsOf } from "./wording.ts";

/** What a tool's requests are made of. */
interface Vocabulary {
  /** Words that few tools share: they tell which tool is meant. */
  readonly telling: readonly string[];
  readonly others: readonly string[];
  readonly cues: (slot: string) => readonly string[];
  /** False where another parameter takes values of the same pool: only the word in front tells them apart. */
  readonly mayStandAlone: (slot: string) => boolean;
}

const MAX_TOOLS_SHARING = 3;

function standsAlone(tools: readonly ToolSpec[]): (slot: string) => boolean {
  const pools = tools
    .flatMap(({ parameters }) => Object.entries(parameters))
    .map(([name, kind]) => ({ name, from: kind.kind === "pool" ? kind.pool : name }));
  return (slot) => {
    const own = pools.find(({ name }) => name === slot)?.from;
    return pools.every(({ name, from }) => name === slot || from !== own);
  };
}

function buildVocabularies(): ReadonlyMap<string, Vocabulary> {
  const sources = [
    ...TOOLS.map((tool) => ({ name: tool.name, texts: [...tool.templates, ...tool.plainWordings], tools: [tool] })),
    ...CHAINS.map((chain) => ({
      name: chain.name,
      texts: [...chain.templates, ...chain.plainWordings],
      tools: [toolNamed(chain.first), toolNamed(chain.second)],
    })),
  ];
  const numSharing = new Map<string, number>();
  for (const { name, texts } of sources) {
    if (CHAINS.some((chain) => chain.name === name)) continue;
    for (const word of wordsOf(texts)) numSharing.set(word, (numSharing.get(word) ?? 0) + 1);
  }
  return new Map(
    sources.map(({ name, texts, tools }) => {
      const words = wordsOf(texts).filter((word) => word.length > 1);
      const isTelling = (word: string): boolean => (numSharing.get(word) ?? 0) <= MAX_TOOLS_SHARING && word.length > 2;
      const cues = new Map<string, readonly string[]>();
      return [
        name,
        {
          telling: words.filter(isTelling),
          others: words.filter((word) => !isTelling(word)),
          cues: (slot) => {
            const known = cues.get(slot) ?? cuesOf(texts, slot);
            cues.set(slot, known);
            return known;
          },
          mayStandAlone: standsAlone(tools),
        },
      ];
    }),
  );
}

const VOCABULARIES = buildVocabularies();

function requestFor(source: ToolSpec | ChainSpec, values: JsonObject, random: Random): string {
  const { telling, others, cues, mayStandAlone } = VOCABULARIES.get(source.name)!;
  const isChain = "first" in source;
  if (isChain || random.chance(0.5)) return plainRequest(source.plainWordings, cues, values, random);
  const words = [...random.shuffle(telling).slice(0, 2 + random.below(2)), ...random.shuffle(others).slice(0, random.below(4))];
  return keywordRequest(words, cues, values, { mayStandAlone, random });
}

/** Required parameters, and each optional one now and then. */
export function someParameters(tool: ToolSpec, random: Random): string[] {
  return Object.entries(tool.parameters).flatMap(([name, { required }]) => (required || random.chance(0.4) ? [name] : []));
}

/**
 * A conversation without tools, thoughts or results: requests and calls only, and no two of them draw from the same pool. A value's type
 * alone then tells which one is meant, which is what a model learns first.
 */
export function plainConversation(random: Random): TrajectoryContent {
  const used = new Set<string>();
  const turns: Turn[] = [];
  for (const tool of random.shuffle(TOOLS)) {
    const pools = Object.values(tool.parameters).flatMap((kind) => (kind.kind === "pool" ? [kind.pool] : []));
    if (pools.some((name) => used.has(name))) continue;
    for (const name of pools) used.add(name);
    const values = drawArguments(tool, someParameters(tool, random), "all", random);
    turns.push({ role: "user", content: requestFor(tool, values, random) }, callTurn(tool, values, { thinks: false, callId: "call_1" }));
  }
  return { tools: [], turns, metadata: {} };
}

/** One conversation of the base text: about this many offered tools, this many requests. */
export function baseConversation(
  random: Random,
  options: { readonly numRequests: number; readonly numOffered: number },
): TrajectoryContent {
  const { numRequests, numOffered } = options;
  const system = random.pick(SYSTEM_TEXTS);
  const chain = random.chance(0.2) ? random.pick(CHAINS) : null;
  const needed = chain === null ? [pickTool(random)] : [toolNamed(chain.first), toolNamed(chain.second)];
  const tools = offerTools(needed, { numOffered }, random);
  const offered = tools.map(({ name }) => toolNamed(name));
  const turns: Turn[] = [{ role: "system", content: system.text }];
  for (let r = 0; r < numRequests; r++) {
    const draw = random.next();
    if (chain !== null && r === 0) turns.push(...chainTurns(chain, system.thinks, random));
    else if (draw < 0.08) turns.push(...refusalTurns(offered, random));
    else turns.push(...callTurns(r === 0 ? needed[0]! : random.pick(offered), system.thinks, random));
  }
  return { tools, turns, metadata: {} };
}

/** Free text is a minority here as in the sample set. */
function pickTool(random: Random): ToolSpec {
  const tool = random.pick(TOOLS);
  return usesFreeText(tool) && random.chance(0.4) ? pickTool(random) : tool;
}

function refusalTurns(offered: readonly ToolSpec[], random: Random): Turn[] {
  const wanted = random.pick(TOOLS.filter((tool) => !offered.includes(tool)));
  const values = drawArguments(wanted, someParameters(wanted, random), "all", random);
  return [{ role: "user", content: requestFor(wanted, values, random) }, answerTurn(random.pick(REFUSALS))];
}

function callTurns(tool: ToolSpec, thinks: boolean, random: Random): Turn[] {
  const values = drawArguments(tool, someParameters(tool, random), "all", random);
  const turns: Turn[] = [];
  if (random.chance(0.12)) {
    const missing = random.pick(requiredOf(tool));
    const { [missing]: late, ...said } = values;
    turns.push({ role: "user", content: requestFor(tool, said, random) }, answerTurn(tool.parameters[missing]!.question));
    if (random.chance(0.4)) return turns;
    turns.push({ role: "user", content: `${String(late)}${random.pick([".", "", ", please."])}` });
  } else turns.push({ role: "user", content: requestFor(tool, values, random) });
  turns.push(...callAndMore(tool, values, { thinks, mustEnd: false }, random));
  return turns;
}

/** The call; often its result and the answer as well. */
function callAndMore(tool: ToolSpec, values: JsonObject, options: { thinks: boolean; mustEnd: boolean }, random: Random): Turn[] {
  const call = callTurn(tool, values, { thinks: options.thinks, callId: "call_1" });
  if (!options.mustEnd && random.chance(0.6)) return [call];
  if (random.chance(0.15)) {
    const error = random.pick(ERRORS);
    return [call, resultTurn(tool, { error }, "call_1"), answerTurn(failureAnswer(error))];
  }
  const result = drawResult(tool, values, "all", random);
  return [call, resultTurn(tool, result, "call_1"), answerTurn(drawAnswer(tool, values, result, random))];
}

function chainTurns(chain: ChainSpec, thinks: boolean, random: Random): Turn[] {
  const [first, second] = [toolNamed(chain.first), toolNamed(chain.second)];
  const firstValues = drawArguments(first, someParameters(first, random), "all", random);
  const given = requiredOf(second).filter((name) => !(name in chain.fromResult) && !(name in chain.fromFirst));
  const secondValues = drawArguments(second, given, "all", random);
  const result = drawResult(first, firstValues, "all", random);
  const joined: Record<string, JsonObject[string]> = { ...secondValues };
  for (const [parameter, field] of Object.entries(chain.fromResult)) joined[parameter] = result[field]!;
  for (const [parameter, field] of Object.entries(chain.fromFirst)) joined[parameter] = firstValues[field]!;
  return [
    { role: "user", content: requestFor(chain, { ...firstValues, ...secondValues }, random) },
    callTurn(first, firstValues, { thinks, callId: "call_1" }),
    resultTurn(first, result, "call_1"),
    ...callAndMore(second, joined, { thinks, mustEnd: random.chance(0.5) }, random),
  ];
}
