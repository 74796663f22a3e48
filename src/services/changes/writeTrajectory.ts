/** @file A trajectory written here: into the train split, under one change that is undone and made again as any other. */
import type { Change } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent, Turn } from "#contracts/trajectory.ts";
import { faultOfContent, saysSomething } from "#core/trajectories/edit/index.ts";
import { foldQuery } from "#core/trajectories/sameQuery.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { requireNumber } from "#store/ids.ts";
import type { Core } from "../core.ts";
import { cleanContent } from "./cleanContent.ts";
import { shown, trajectoriesChanged, type Author } from "./changeTrajectories.ts";
import { heldOutTwin } from "./heldOut.ts";
import { inTransaction } from "./reviseTrajectory.ts";

interface Written extends Author {
  readonly content: TrajectoryContent;
  /** The case that it is a counter-example for; null: none. */
  readonly caseId: string | null;
}

/**
 * There is no row of a file behind it: its first revision is its original.
 *
 * @throws E_NOT_FOUND for a case that is none; E_NOTHING_TO_LEARN where no turn of the assistant says anything that is trained on;
 *   E_OPERATION_INVALID where a turn would be read as something else; E_HELD_OUT_PROMPT where it asks what is held out
 */
export function writeTrajectory(core: Core, { caseId, ...written }: Written): { readonly id: string; readonly change: Change } {
  const { store } = core;
  const { author, request } = written;
  const known = request === undefined ? null : store.changes.byRequest(request);
  if (known !== null) return { id: known.firstTrajectory!, change: shown(known) };
  const content = cleanContent(written.content);
  requireLesson(content);
  const fault = faultOfContent(content);
  if (fault !== null) throw new AppError("E_OPERATION_INVALID", { detail: fault });
  requireOtherPrompt(core, content, caseId);
  const reason = written.reason.trim() || (caseId === null ? "written here" : `counter-example for ${caseId}`);
  const made = inTransaction(core, () => {
    let changeId = 0;
    const id = store.written.add({ content, summary: summaryOf(content), caseId }, (itsId) => {
      const title = `Wrote ${itsId}${caseId === null ? "" : `, a counter-example for ${caseId}`}`;
      changeId = store.changes.start({ kind: "write", title, author, reason, request, at: new Date().toISOString() });
      return store.changes.get(changeId);
    });
    store.changes.wrote(changeId, requireNumber("trajectory", id));
    store.changes.finish(changeId);
    return { id, changeId };
  });
  trajectoriesChanged(core);
  core.jobs.news.rowsChanged("cases", "sources");
  return { id: made.id, change: shown(store.changes.get(made.changeId)) };
}

function requireLesson({ turns, targets }: TrajectoryContent): void {
  const refuse = (detail: string): AppError => new AppError("E_NOTHING_TO_LEARN", { detail });
  if (!turns.some((turn) => turn.role === "user" && saysSomething(turn))) throw refuse("nobody asks anything in it");
  const said = turns.flatMap((turn, i) => (turn.role === "assistant" && saysSomething(turn) ? [i] : []));
  if (said.length === 0) throw refuse("the assistant says nothing in it");
  if (targets !== undefined && !said.some((i) => targets.includes(i))) throw refuse("no turn of the assistant is trained on");
}

/** Neither the question of a held-out trajectory, nor the last thing that was asked of the model where the case comes from one. */
function requireOtherPrompt({ store }: Core, content: TrajectoryContent, caseId: string | null): void {
  const twin = heldOutTwin(store, content);
  if (twin !== null) throw new AppError("E_HELD_OUT_PROMPT", { where: `${twin.trajectoryId} (${twin.split})` });
  if (caseId === null) return;
  const { id, trajectoryId } = store.cases.get(caseId);
  const split = trajectoryId === null ? "train" : store.trajectories.get(trajectoryId).trajectory.split;
  const asked = lastUserText(store.cases.body(id).prompt);
  if (split !== "train" && asked !== null && foldQuery(asked) === foldQuery(lastUserText(content.turns) ?? "")) {
    throw new AppError("E_HELD_OUT_PROMPT", { where: `${id}, from ${trajectoryId} (${split}),` });
  }
}

const lastUserText = (turns: readonly Turn[]): string | null => turns.findLast((turn) => turn.role === "user")?.content ?? null;
