/**
 * @file What a counter-example for a case begins with: a prompt, and the turn that would have been right.
 *
 * The prompt is the case's own, or that of a training example that the case was traced to: the same question, answered rightly this time. A held-out
 * prompt is given with the mark that it has to be changed; `editing.write` refuses it word for word.
 */
import type { CounterExample } from "#contracts/cases.ts";
import { AppError } from "#contracts/errors.ts";
import type { AssistantTurn, TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { emptyTurn } from "#core/trajectories/edit/index.ts";
import { fixesOf } from "#core/trajectories/bulk/fixes.ts";
import { checkTurn } from "#core/trajectories/checkCalls.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import { renderAssistantText } from "#core/trajectories/renderAssistantText.ts";
import type { Core } from "../core.ts";
import { heldOutTwin, type HeldOut } from "../changes/heldOut.ts";
import { exampleSources, nearestTurn } from "../tracing/tracedExamples.ts";

/** A turn has as many certain faults as it has calls, or a few more. */
const MOST_FIXES = 50;

/** @throws E_NOT_FOUND for a case or an example that is none */
export function counterExample(core: Core, id: string, example?: number): CounterExample {
  const { cases } = core.store;
  const { runId, trajectoryId } = cases.get(id);
  const { prompt, tools, text, expected } = cases.body(id);
  const right = expected === null ? null : readAssistantText(expected);
  if (example === undefined) {
    const content = lessonOf(tools, prompt, right ?? emptyAnswer());
    return { content, from: null, heldOut: splitOf(core, trajectoryId) ?? heldOutTwin(core.store, content) };
  }
  const [source] = runId === null ? [] : exampleSources(core, runId)(example);
  const turnIndex = source === undefined ? -1 : nearestTurn(source.content, text);
  if (source === undefined || turnIndex < 0) throw new AppError("E_NOT_FOUND", { what: `example of the run of ${id}`, id: example });
  const { content: taught } = source;
  const turn = correctedTurn(core, taught, turnIndex, right) ?? right ?? emptyAnswer();
  const content = lessonOf(taught.tools, taught.turns.slice(0, turnIndex), turn);
  return { content, from: source.trajectoryId, heldOut: heldOutTwin(core.store, content) };
}

const emptyAnswer = (): AssistantTurn => emptyTurn("assistant") as AssistantTurn;

/** Earlier turns of the assistant are context: they are trained on where they came from, or are held out. */
function lessonOf(tools: TrajectoryContent["tools"], prompt: readonly Turn[], right: AssistantTurn): TrajectoryContent {
  const hasEarlier = prompt.some(({ role }) => role === "assistant");
  return { tools, turns: [...prompt, right], ...(hasEarlier ? { targets: [prompt.length] } : {}), metadata: {} };
}

function splitOf({ store }: Core, trajectoryId: string | null): HeldOut | null {
  if (trajectoryId === null) return null;
  const { split } = store.trajectories.get(trajectoryId).trajectory;
  return split === "train" ? null : { trajectoryId, split };
}

/**
 * The turn that an example teaches, put right: by the certain fixes, else by the tool that would have been right in the case, with the example's
 * own arguments. Null where neither leaves the checker nothing to object to: what is right then is the person's to say.
 */
function correctedTurn(core: Core, content: TrajectoryContent, turnIndex: number, right: AssistantTurn | null): AssistantTurn | null {
  const knownTools = core.store.contents.toolNames();
  const taught = content.turns[turnIndex] as AssistantTurn;
  const isGood = (turn: AssistantTurn): boolean =>
    renderAssistantText(turn) !== renderAssistantText(taught) &&
    checkTurn(withTurn(content, turnIndex, turn), turnIndex, knownTools).findings.length === 0;
  return [fixedTurn(content, turnIndex, knownTools), renamedCall(taught, right)].find((turn) => turn !== null && isGood(turn)) ?? null;
}

function fixedTurn(content: TrajectoryContent, turnIndex: number, knownTools: ReadonlySet<string>): AssistantTurn {
  let now = content;
  for (let i = 0; i < MOST_FIXES; i++) {
    const [fix] = fixesOf(now, turnIndex, checkTurn(now, turnIndex, knownTools).findings).filter(({ kind }) => kind !== "repeatedCall");
    if (fix === undefined) break;
    now = fix.apply().content;
  }
  return now.turns[turnIndex] as AssistantTurn;
}

/** Both call once: the right tool with the arguments that the example gave. */
function renamedCall(taught: AssistantTurn, right: AssistantTurn | null): AssistantTurn | null {
  const [call, ...more] = taught.calls;
  const [rightCall, ...others] = right?.calls ?? [];
  if (call === undefined || rightCall === undefined || more.length + others.length > 0) return null;
  return { ...taught, calls: [{ ...call, name: rightCall.name }] };
}

const withTurn = (content: TrajectoryContent, turnIndex: number, turn: AssistantTurn): TrajectoryContent => ({
  ...content,
  turns: content.turns.with(turnIndex, turn),
});
