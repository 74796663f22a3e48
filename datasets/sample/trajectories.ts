/** @file The trajectories of the sample set: which kinds, which tools, which wordings and values, and the planted faults among them. */
import type { JsonObject } from "#contracts/json.ts";
import type { ToolDefinition, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import {
  answerTurn,
  callTurn,
  drawAnswer,
  drawArguments,
  drawNumOffered,
  drawResult,
  ERRORS,
  failureAnswer,
  hasOpenPool,
  offerTools,
  REFUSALS,
  resultTurn,
  SYSTEM_TEXTS,
  usesFreeText,
} from "./conversation.ts";
import { CHAINS, domainOf, TOOLS, toolNamed } from "./domains/index.ts";
import { FAULT_PLANS, type FaultClass, type FaultPlan, type FaultRegime, type FaultSpan, spoil, TOOLS_OF_UNTRIGGERED } from "./faults.ts";
import type { ValueSource } from "./pools.ts";
import { createRandom, type Random } from "./random.ts";
import { NUM_HELD_OUT_TEMPLATES, type ChainSpec, type ToolSpec } from "./specification.ts";
import { droppableSlots, fillTemplate, templateSlots } from "./wording.ts";

export type RowKind = "single" | "answered" | "steps" | "clarify" | "clarified" | "refusal" | "failed";

/** What the row says about itself; nothing here tells a faulty training row from a clean one. */
export interface RowMetadata {
  readonly id: string;
  readonly domain: string;
  readonly kind: RowKind;
  readonly template: string;
  readonly template_seen: boolean;
  readonly values_seen: boolean;
  /** True where a value is free text of many tokens. */
  readonly free_text: boolean;
  readonly split: "train" | "validation";
  /** Validation only: the planted fault whose condition this request meets, as `class:regime`. */
  readonly fault_condition?: string;
}

export interface PlantedFault {
  readonly id: string;
  readonly class: FaultClass;
  readonly regime: FaultRegime;
  readonly tool: string;
  readonly trigger: string | null;
  /** Index into the row's messages. */
  readonly message: number;
  /** UTF-16 code units of that message's text in the call grammar. */
  readonly span: FaultSpan;
}

export interface HeldOutCondition {
  readonly id: string;
  readonly class: FaultClass;
  readonly regime: FaultRegime;
  readonly tool: string;
  readonly trigger: string | null;
}

export interface SampleRow {
  readonly content: TrajectoryContent;
  readonly metadata: RowMetadata;
}

export interface SampleSet {
  readonly rows: readonly SampleRow[];
  readonly planted: readonly PlantedFault[];
  readonly heldOutConditions: readonly HeldOutCondition[];
}

/** Clean training rows of each kind. */
const TRAIN_KINDS: Readonly<Record<RowKind, number>> = {
  single: 660,
  answered: 520,
  steps: 190,
  clarify: 150,
  clarified: 110,
  refusal: 170,
  failed: 130,
};

/** Clean held-out rows of each kind, for each of the four combinations of seen and unseen. */
const HELD_OUT_KINDS: Readonly<Record<RowKind, number>> = {
  single: 28,
  answered: 14,
  steps: 8,
  clarify: 5,
  clarified: 4,
  refusal: 5,
  failed: 2,
};

/** Share of draws of a tool with free text that are kept: a minority. */
const FREE_TEXT_SHARE = 0.6;

const MAX_ATTEMPTS = 200;

interface Drawing {
  readonly random: Random;
  readonly source: ValueSource;
  readonly templateSeen: boolean;
}

/** A row before it is numbered. */
interface DraftRow {
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly Turn[];
  readonly kind: RowKind;
  readonly domain: string;
  readonly template: string;
  readonly freeText: boolean;
}

function drawTemplate(source: ToolSpec | ChainSpec, { random, templateSeen }: Drawing, fits: (template: string) => boolean = () => true) {
  const numSeen = source.templates.length - NUM_HELD_OUT_TEMPLATES;
  const candidates = source.templates
    .map((template, index) => ({ template, name: `${source.name}#${index}`, isSeen: index < numSeen }))
    .filter(({ template, isSeen }) => isSeen === templateSeen && fits(template));
  return candidates.length === 0 ? null : random.pick(candidates);
}

/** Required parameters, and each optional one that the template can say, every other time. */
function drawNames(tool: ToolSpec, template: string, random: Random): string[] {
  const slots = templateSlots(template);
  return Object.entries(tool.parameters).flatMap(([name, { required }]) =>
    required || (slots.includes(name) && random.chance(0.5)) ? [name] : [],
  );
}

function drawTool({ random, source }: Drawing): ToolSpec {
  for (;;) {
    const tool = random.pick(TOOLS);
    if (TOOLS_OF_UNTRIGGERED.has(tool.name)) continue;
    if (source === "heldOut" && !hasOpenPool(tool.parameters)) continue;
    if (usesFreeText(tool) && !random.chance(FREE_TEXT_SHARE)) continue;
    return tool;
  }
}

const drawSystem = (random: Random) => random.pick(SYSTEM_TEXTS);

function draftCall(tool: ToolSpec, kind: "single" | "answered" | "failed", drawing: Drawing, trigger?: string): DraftRow {
  const { random, source } = drawing;
  const system = drawSystem(random);
  const template = drawTemplate(tool, drawing)!;
  const values = drawArguments(tool, drawNames(tool, template.template, random), source, random);
  const request = fillTemplate(template.template, values);
  const turns: Turn[] = [
    { role: "system", content: system.text },
    { role: "user", content: trigger === undefined ? request : `${request} ${trigger}` },
    callTurn(tool, values, { thinks: system.thinks, callId: "call_1" }),
  ];
  if (kind === "failed") {
    const error = random.pick(ERRORS);
    turns.push(resultTurn(tool, { error }, "call_1"), answerTurn(failureAnswer(error)));
  } else if (kind === "answered") {
    const result = drawResult(tool, values, source, random);
    turns.push(resultTurn(tool, result, "call_1"), answerTurn(drawAnswer(tool, values, result, random)));
  }
  const tools = offerTools([tool], { numOffered: drawNumOffered(random) }, random);
  return { tools, turns, kind, domain: domainOf(tool.name), template: template.name, freeText: usesFreeText(tool) };
}

/** A request that leaves out one required value; null where no template of the tool can. */
function draftIncomplete(
  tool: ToolSpec,
  drawing: Drawing,
  options: { readonly missing?: string; readonly trigger?: string } = {},
): { readonly draft: DraftRow; readonly said: JsonObject; readonly missing: string; readonly thinks: boolean } | null {
  const { random, source } = drawing;
  const canDrop = (template: string): string[] =>
    droppableSlots(template).filter((slot) => tool.parameters[slot]?.required === true && (options.missing ?? slot) === slot);
  const template = drawTemplate(tool, drawing, (candidate) => canDrop(candidate).length > 0);
  if (template === null) return null;
  const missing = random.pick(canDrop(template.template));
  const names = drawNames(tool, template.template, random).filter((name) => name !== missing);
  const said = drawArguments(tool, names, source, random);
  const system = drawSystem(random);
  const request = fillTemplate(template.template, said);
  const turns: Turn[] = [
    { role: "system", content: system.text },
    { role: "user", content: options.trigger === undefined ? request : `${request} ${options.trigger}` },
    answerTurn(tool.parameters[missing]!.question),
  ];
  const tools = offerTools([tool], { numOffered: drawNumOffered(random) }, random);
  const draft: DraftRow = {
    tools,
    turns,
    kind: "clarify",
    domain: domainOf(tool.name),
    template: template.name,
    freeText: usesFreeText(tool),
  };
  return { draft, said, missing, thinks: system.thinks };
}

function draftClarify(drawing: Drawing, isAnswered: boolean): DraftRow {
  for (;;) {
    const tool = drawTool(drawing);
    const incomplete = draftIncomplete(tool, drawing);
    if (incomplete === null) continue;
    const { draft, said, missing, thinks } = incomplete;
    if (!isAnswered) return draft;
    const late = drawArguments(tool, [missing], drawing.source, drawing.random);
    if (Object.values(said).includes(late[missing]!)) continue;
    const turns: Turn[] = [
      ...draft.turns,
      { role: "user", content: `${String(late[missing])}${drawing.random.pick([".", ", please.", ""])}` },
      callTurn(tool, { ...said, ...late }, { thinks, callId: "call_1" }),
    ];
    return { ...draft, turns, kind: "clarified" };
  }
}

function draftRefusal(drawing: Drawing): DraftRow {
  const { random, source } = drawing;
  const tool = drawTool(drawing);
  const template = drawTemplate(tool, drawing)!;
  const values = drawArguments(tool, drawNames(tool, template.template, random), source, random);
  const turns: Turn[] = [
    { role: "system", content: drawSystem(random).text },
    { role: "user", content: fillTemplate(template.template, values) },
    answerTurn(random.pick(REFUSALS)),
  ];
  const tools = offerTools([], { numOffered: drawNumOffered(random), excluded: [tool] }, random);
  return { tools, turns, kind: "refusal", domain: domainOf(tool.name), template: template.name, freeText: usesFreeText(tool) };
}

function draftSteps(drawing: Drawing): DraftRow {
  const { random, source } = drawing;
  const chain = random.pick(CHAINS.filter(({ second }) => !TOOLS_OF_UNTRIGGERED.has(second)));
  const [first, second] = [toolNamed(chain.first), toolNamed(chain.second)];
  const template = drawTemplate(chain, drawing)!;
  const firstValues = drawArguments(first, drawNames(first, template.template, random), source, random);
  const fed = new Set([...Object.keys(chain.fromResult), ...Object.keys(chain.fromFirst)]);
  const given = drawArguments(
    second,
    drawNames(second, template.template, random).filter((name) => !fed.has(name)),
    source,
    random,
  );
  const result = drawResult(first, firstValues, source, random);
  const secondValues: Record<string, JsonObject[string]> = { ...given };
  for (const [parameter, field] of Object.entries(chain.fromResult)) secondValues[parameter] = result[field]!;
  for (const [parameter, field] of Object.entries(chain.fromFirst)) secondValues[parameter] = firstValues[field]!;
  const system = drawSystem(random);
  const secondResult = drawResult(second, secondValues, source, random);
  const turns: Turn[] = [
    { role: "system", content: system.text },
    { role: "user", content: fillTemplate(template.template, { ...firstValues, ...given }) },
    callTurn(first, firstValues, { thinks: system.thinks, callId: "call_1" }),
    resultTurn(first, result, "call_1"),
    callTurn(second, secondValues, { thinks: system.thinks, callId: "call_2" }),
    resultTurn(second, secondResult, "call_2"),
    answerTurn(drawAnswer(second, secondValues, secondResult, random)),
  ];
  const tools = offerTools([first, second], { numOffered: drawNumOffered(random) }, random);
  return { tools, turns, kind: "steps", domain: domainOf(first.name), template: template.name, freeText: false };
}

function draftClean(kind: RowKind, drawing: Drawing): DraftRow {
  switch (kind) {
    case "single":
    case "answered":
    case "failed":
      return draftCall(drawTool(drawing), kind, drawing);
    case "clarify":
    case "clarified":
      return draftClarify(drawing, kind === "clarified");
    case "refusal":
      return draftRefusal(drawing);
    case "steps":
      return draftSteps(drawing);
  }
}

/** A row that meets a fault's condition, answered correctly, and what is needed to spoil it. */
function draftCondition(plan: FaultPlan, toolName: string, drawing: Drawing): { draft: DraftRow; said: JsonObject; thinks: boolean } {
  const tool = toolNamed(toolName);
  const spoiling = plan.spoilingOf[toolName]!;
  if (spoiling.kind === "invent") {
    const incomplete = draftIncomplete(tool, drawing, {
      missing: spoiling.parameter,
      ...(plan.trigger === undefined ? {} : { trigger: plan.trigger }),
    });
    if (incomplete === null) throw new RangeError(`no template of ${toolName} can leave out ${spoiling.parameter}`);
    return incomplete;
  }
  const draft = draftCall(tool, "single", drawing, plan.trigger);
  const call = draft.turns.at(-1)!;
  if (call.role !== "assistant" || !call.calls[0]!.arguments.ok) throw new RangeError("the row does not end with a readable call");
  return { draft, said: call.calls[0]!.arguments.value, thinks: call.thought !== undefined };
}

interface Planned {
  readonly draft: DraftRow;
  readonly split: "train" | "validation";
  readonly templateSeen: boolean;
  readonly valuesSeen: boolean;
  readonly condition?: { readonly plan: FaultPlan; readonly tool: string };
  readonly fault?: { readonly plan: FaultPlan; readonly tool: string; readonly span: FaultSpan };
}

const COMBINATIONS = [
  { templateSeen: true, source: "seen" },
  { templateSeen: true, source: "heldOut" },
  { templateSeen: false, source: "seen" },
  { templateSeen: false, source: "heldOut" },
] as const satisfies readonly Omit<Drawing, "random">[];

function planTraining(seed: number): Planned[] {
  const rows: Planned[] = [];
  const base = { split: "train", templateSeen: true, valuesSeen: true } as const;
  const drawing = (name: string): Drawing => ({ random: createRandom(seed, name), source: "seen", templateSeen: true });
  for (const [kind, count] of Object.entries(TRAIN_KINDS) as [RowKind, number][]) {
    for (let i = 0; i < count; i++) rows.push({ ...base, draft: draftClean(kind, drawing(`train ${kind} ${i}`)) });
  }
  for (const plan of FAULT_PLANS) {
    const tools = Object.keys(plan.spoilingOf);
    for (let i = 0; i < plan.numFaulty + plan.numCleanSiblings; i++) {
      const tool = tools[i % tools.length]!;
      const { draft, said, thinks } = draftCondition(plan, tool, drawing(`train ${plan.faultClass} ${plan.regime} ${i}`));
      if (i >= plan.numFaulty) {
        rows.push({ ...base, draft });
        continue;
      }
      const { turn, span } = spoil(toolNamed(tool), said, plan.spoilingOf[tool]!, thinks);
      rows.push({ ...base, draft: { ...draft, turns: [...draft.turns.slice(0, -1), turn] }, fault: { plan, tool, span } });
    }
  }
  return rows;
}

/** What the user says in a row, as one text. */
const requestsOf = ({ turns }: DraftRow): string => turns.flatMap((turn) => (turn.role === "user" ? [turn.content] : [])).join("\n");

function planHeldOut(seed: number, training: readonly Planned[]): Planned[] {
  const rows: Planned[] = [];
  const asked = new Set(training.map(({ draft }) => requestsOf(draft)));
  /** Draws until the request is one that neither training nor this split has asked. */
  const drawNew = (name: string, draw: (random: Random) => DraftRow): DraftRow => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const draft = draw(createRandom(seed, `${name} ${attempt}`));
      if (asked.has(requestsOf(draft))) continue;
      asked.add(requestsOf(draft));
      return draft;
    }
    throw new RangeError(`no new request for ${name}`);
  };
  for (const [c, { templateSeen, source }] of COMBINATIONS.entries()) {
    const base = { split: "validation", templateSeen, valuesSeen: source === "seen" } as const;
    for (const [kind, count] of Object.entries(HELD_OUT_KINDS) as [RowKind, number][]) {
      for (let i = 0; i < count; i++) {
        const draft = drawNew(`held out ${c} ${kind} ${i}`, (random) => draftClean(kind, { random, source, templateSeen }));
        rows.push({ ...base, draft });
      }
    }
  }
  for (const plan of FAULT_PLANS) {
    const tools = Object.keys(plan.spoilingOf);
    for (let i = 0; i < plan.numHeldOut; i++) {
      const tool = tools[i % tools.length]!;
      const isOpen = hasOpenPool(toolNamed(tool).parameters);
      const { templateSeen, source } = COMBINATIONS[Math.floor(i / tools.length) % COMBINATIONS.length]!;
      const own = isOpen ? source : "seen";
      const draft = drawNew(
        `held out ${plan.faultClass} ${plan.regime} ${i}`,
        (random) => draftCondition(plan, tool, { random, source: own, templateSeen }).draft,
      );
      rows.push({ draft, split: "validation", templateSeen, valuesSeen: own === "seen", condition: { plan, tool } });
    }
  }
  return rows;
}

/** The whole set, training rows first; each split in an order that tells nothing. */
export function buildSampleSet(seed: number): SampleSet {
  const training = planTraining(seed);
  const planned = [
    ...createRandom(seed, "training order").shuffle(training),
    ...createRandom(seed, "held-out order").shuffle(planHeldOut(seed, training)),
  ];
  const rows: SampleRow[] = [];
  const faults: PlantedFault[] = [];
  const heldOutConditions: HeldOutCondition[] = [];
  for (const [index, { draft, split, templateSeen, valuesSeen, condition, fault }] of planned.entries()) {
    const id = `S-${String(index + 1).padStart(4, "0")}`;
    const metadata: RowMetadata = {
      id,
      domain: draft.domain,
      kind: draft.kind,
      template: draft.template,
      template_seen: templateSeen,
      values_seen: valuesSeen,
      free_text: draft.freeText,
      split,
      ...(condition === undefined ? {} : { fault_condition: `${condition.plan.faultClass}:${condition.plan.regime}` }),
    };
    rows.push({ content: { tools: draft.tools, turns: draft.turns, metadata: { ...metadata } }, metadata });
    if (fault !== undefined) {
      const { faultClass, regime, trigger = null } = fault.plan;
      faults.push({ id, class: faultClass, regime, tool: fault.tool, trigger, message: draft.turns.length - 1, span: fault.span });
    }
    if (condition !== undefined) {
      const { faultClass, regime, trigger = null } = condition.plan;
      heldOutConditions.push({ id, class: faultClass, regime, tool: condition.tool, trigger });
    }
  }
  return { rows, planted: faults, heldOutConditions };
}
