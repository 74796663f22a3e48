/** @file Experiments that train nothing: the question of a case with other tools, at other checkpoints, under other rules, decoded otherwise. */
import { existsSync } from "node:fs";
import type { FailureCode } from "#contracts/calls.ts";
import type { Reaction } from "#contracts/experiments.ts";
import type { DecodingConstraint } from "#contracts/trainer.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { nearestByWords } from "#core/evaluation/groupCases.ts";
import { toolVariations } from "#core/evaluation/toolVariations.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { listCheckpoints } from "../checkpoints.ts";
import type { Core } from "../core.ts";
import type { JobHandle } from "../jobs.ts";
import { modelDirOf, readModelFolder, runDirOf } from "../models.ts";
import { askCase, AS_IT_WAS, invalid, type OpenedCase, type Variation } from "./askCase.ts";

/** Asked one after the other; the first is how it was. */
async function askAll(core: Core, opened: OpenedCase, variations: readonly Variation[], handle: JobHandle): Promise<readonly Reaction[]> {
  const reactions: Reaction[] = [];
  for (const variation of variations) {
    handle.report({ phase: "asking the case", unit: "questions", done: reactions.length, total: variations.length });
    reactions.push(await askCase(core, opened, variation, handle.signal));
  }
  return reactions;
}

const SEED = 1;

/** @throws E_EXPERIMENT_INVALID where no tool is offered */
export async function varyTools(core: Core, opened: OpenedCase, handle: JobHandle): Promise<readonly Reaction[]> {
  const { body } = opened;
  if (body.tools.length === 0) throw invalid(`no tool is offered in ${opened.record.id}`);
  const rightTool = body.expected === null ? null : (parseAssistantText(body.expected).calls[0]?.name ?? null);
  const distractor = distractorOf(core, body.tools, rightTool ?? opened.record.tool);
  const variations = toolVariations(body, { rightTool, distractor, seed: SEED }).map(({ label, question, isRenamed }): Variation => ({
    label,
    body: { ...body, ...question },
    hasSpans: !isRenamed,
  }));
  return askAll(core, opened, [AS_IT_WAS, ...variations], handle);
}

/** The tool of the workspace that is not offered and whose name is nearest. */
function distractorOf({ store }: Core, offered: readonly ToolDefinition[], name: string): ToolDefinition | null {
  const taken = new Set(offered.map((tool) => tool.name));
  const others = [...store.contents.toolNames()].filter((other) => !taken.has(other));
  const inWords = (one: string): string => one.replaceAll(/[_.-]/g, " ");
  const [nearest] = nearestByWords(inWords(name), others, inWords, 1);
  if (nearest === undefined) return null;
  try {
    return store.tools.get(nearest).variants[0]?.definition ?? null;
  } catch {
    // it is in no tool list that has been read yet
    return null;
  }
}

/** Every checkpoint that is kept, and the model that the run started from. @throws E_EXPERIMENT_INVALID */
export async function askCheckpoints(core: Core, opened: OpenedCase, handle: JobHandle): Promise<readonly Reaction[]> {
  const { runId, id } = opened.record;
  if (runId === null) throw invalid(`${id} is of a model that no run trained`);
  const { config } = core.store.runs.get(runId);
  const base = baseDirOf(core, config.baseModel);
  const folders = [
    ...(base === null ? [] : [{ label: `before training (${config.baseModel})`, dir: base }]),
    ...listCheckpoints(runDirOf(core.paths, runId)).map(({ step, dir }) => ({ label: `checkpoint ${step}`, dir })),
  ];
  const variations: Variation[] = [];
  for (const { label, dir } of folders) variations.push({ label, model: await readModelFolder(dir) });
  return askAll(core, opened, [AS_IT_WAS, ...variations], handle);
}

/** Null where it is gone: an experiment goes on without it. */
function baseDirOf({ paths }: Core, baseModel: string): string | null {
  try {
    const dir = modelDirOf(paths, baseModel);
    return existsSync(dir) ? dir : null;
  } catch {
    return null;
  }
}

/** The recorded output under rules that object to less and less. @throws E_EXPERIMENT_INVALID where nobody said what is right */
export async function judgeOtherwise(core: Core, opened: OpenedCase, handle: JobHandle): Promise<readonly Reaction[]> {
  const { expected } = opened.body;
  if (expected === null) throw invalid(`nobody said what is right in ${opened.record.id}`);
  const was = await askCase(core, opened, AS_IT_WAS, handle.signal);
  const [got, due] = [parseAssistantText(was.text), parseAssistantText(expected)];
  const names = ({ calls }: typeof got): string => JSON.stringify(calls.map(({ name }) => name));
  const under = (label: string, holds: boolean): Reaction => ({
    ...was,
    label,
    code: holds ? null : (was.code ?? ("F09" satisfies FailureCode)),
  });
  return [
    was,
    under("letter by letter", was.text.trim() === expected.trim()),
    { ...was, label: "calls as they parse" },
    under("names of the tools alone", got.error === undefined && names(got) === names(due)),
  ];
}

/** @throws E_EXPERIMENT_INVALID where no tool is offered */
export async function decodeConstrained(core: Core, opened: OpenedCase, handle: JobHandle): Promise<readonly Reaction[]> {
  const { tools } = opened.body;
  if (tools.length === 0) throw invalid(`no tool is offered in ${opened.record.id}`);
  const constrained: Variation = { label: "calls of the offered tools alone", constraint: constraintOf(tools) };
  return askAll(core, opened, [AS_IT_WAS, constrained], handle);
}

function constraintOf(tools: readonly ToolDefinition[]): DecodingConstraint {
  return {
    tools: tools.map(({ name, parameters: { properties, required } }) => ({
      name,
      parameters: typeof properties === "object" && properties !== null ? Object.keys(properties) : [],
      required: Array.isArray(required) ? required.filter((one) => typeof one === "string") : [],
    })),
  };
}
