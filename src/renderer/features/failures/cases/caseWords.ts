/** @file The words of a case's life: states, events, and what comes of the events as a line of steps. */
import type { CaseEvent, CaseProgress, CaseState } from "#contracts/cases.ts";

export const STATE_WORDS: Readonly<Record<CaseState, string>> = {
  open: "Open",
  traced: "Traced",
  fixed: "Fixed in data",
  verified: "Verified",
  regressed: "Regressed",
  willNotFix: "Will not fix",
  notTraceable: "Not traceable",
};

export const EVENT_WORDS: Readonly<Record<CaseEvent["kind"], string>> = {
  opened: "Opened",
  traced: "Traced",
  fixed: "Meant to be mended",
  verified: "Right",
  stillFailing: "Still wrong",
  regressed: "Wrong again",
  unjudged: "Answers otherwise",
  closed: "Closed",
  reopened: "Opened again",
  note: "Note",
};

export interface LifeStep {
  readonly key: "open" | "traced" | "fixed" | "verified" | "regressed" | "closed";
  readonly words: string;
  readonly mark: "done" | "now" | "ahead" | "regressed" | "closed";
}

/** Open, traced, fixed in, verified in; regressed or the verdict behind them where it came to that. */
export function lifeSteps(progress: CaseProgress, events: readonly Pick<CaseEvent, "kind" | "trajectories">[]): readonly LifeStep[] {
  const { state, fixedIn, verifiedIn, regressedIn } = progress;
  const traced = events.findLast(({ kind }) => kind === "traced");
  const reached: Readonly<Record<"open" | "traced" | "fixed" | "verified", boolean>> = {
    open: true,
    traced: traced !== undefined,
    fixed: fixedIn !== null,
    verified: verifiedIn !== null,
  };
  const numTraced = traced?.trajectories.length ?? 0;
  const words = {
    open: "Open",
    traced: numTraced === 0 ? "Traced" : `Traced, ${numTraced} ${numTraced === 1 ? "trajectory" : "trajectories"}`,
    fixed: fixedIn === null ? "Fixed in a data version" : `Fixed in ${fixedIn}`,
    verified: verifiedIn === null ? "Verified in a run" : `Verified in ${verifiedIn}`,
  };
  const steps = (["open", "traced", "fixed", "verified"] as const).map((key): LifeStep => {
    const mark = state === key ? "now" : reached[key] ? "done" : "ahead";
    return { key, words: words[key], mark };
  });
  if (regressedIn !== null && state !== "verified") {
    steps.push({ key: "regressed", words: `Regressed in ${regressedIn}`, mark: state === "regressed" ? "regressed" : "done" });
  }
  if (state === "willNotFix" || state === "notTraceable")
    steps.push({ key: "closed", words: `Closed: ${STATE_WORDS[state].toLowerCase()}`, mark: "closed" });
  return steps;
}

export function eventDetail(event: CaseEvent): string {
  const run = event.runId === null ? "" : `in ${event.runId}${event.checkpointStep === null ? "" : `, step ${event.checkpointStep}`}`;
  const version = event.dataVersion === null ? "" : `in data version ${event.dataVersion.name}`;
  const verdict = event.verdict === null ? "" : STATE_WORDS[event.verdict].toLowerCase();
  return [run, version, verdict].filter((words) => words !== "").join(", ");
}
