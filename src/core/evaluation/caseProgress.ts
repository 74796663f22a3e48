/**
 * @file The state of a case from its events, and which event a new check makes. Evidence moves a case; nothing else does.
 *
 * | event | state afterwards |
 * | --- | --- |
 * | opened | open |
 * | traced | traced, from open and regressed |
 * | fixed | fixed, from all but verified: what a run has shown to be right waits for no fix |
 * | verified | verified, unless a later run is known to fail |
 * | regressed | regressed, unless it is an earlier run than the one that was right |
 * | stillFailing, unjudged, note | as before |
 * | closed | the verdict, until it is reopened; meanwhile the others go on underneath |
 *
 * Runs are told apart by their number, then by the checkpoint's step: an old run that is asked once more says nothing of what came after.
 */
import type { CaseEvent, CaseEventKind, CaseProgress, CaseState, CaseVerdict } from "#contracts/cases.ts";

interface Asked {
  readonly runId: string;
  readonly checkpointStep: number | null;
}

type Seen = Pick<CaseEvent, "kind" | "at" | "runId" | "checkpointStep" | "dataVersion" | "verdict">;

/** @param events in the order in which they happened */
export function caseProgress(events: readonly Seen[]): CaseProgress {
  let state: Exclude<CaseState, CaseVerdict> = "open";
  let closedAs: CaseVerdict | null = null;
  let fixedIn: string | null = null;
  let verified: Asked | null = null;
  let failed: Asked | null = null;
  let regressedIn: string | null = null;
  let lastCheck: CaseProgress["lastCheck"] = null;
  for (const event of events) {
    const asked = event.runId === null ? null : { runId: event.runId, checkpointStep: event.checkpointStep };
    switch (event.kind) {
      case "traced":
        if (state === "open" || state === "regressed") state = "traced";
        break;
      case "fixed":
        fixedIn = event.dataVersion?.name ?? fixedIn;
        if (state !== "verified") state = "fixed";
        break;
      case "verified":
        if (asked === null || isEarlier(asked, failed)) break;
        state = "verified";
        verified = asked;
        break;
      case "regressed":
        if (asked === null || isEarlier(asked, verified)) break;
        state = "regressed";
        regressedIn = asked.runId;
        failed = asked;
        break;
      case "stillFailing":
        if (asked !== null && !isEarlier(asked, failed)) failed = asked;
        break;
      case "closed":
        closedAs = event.verdict;
        break;
      case "reopened":
        closedAs = null;
        break;
    }
    if (asked !== null && event.kind in PASSED) lastCheck = { runId: asked.runId, passed: PASSED[event.kind]!, at: event.at };
  }
  return { state: closedAs ?? state, fixedIn, verifiedIn: verified?.runId ?? null, regressedIn, lastCheck };
}

const PASSED: Readonly<Partial<Record<CaseEventKind, boolean | null>>> = {
  verified: true,
  stillFailing: false,
  regressed: false,
  unjudged: null,
};

/** What it is called when another run was asked. @param passed null where it cannot be told */
export function checkKind(progress: CaseProgress, asked: Pick<Asked, "runId">, passed: boolean | null): CaseEventKind {
  if (passed === null) return "unjudged";
  if (passed) return "verified";
  const isLater = progress.verifiedIn !== null && runNumber(asked.runId) >= runNumber(progress.verifiedIn);
  return progress.state === "verified" && isLater ? "regressed" : "stillFailing";
}

/** Closed cases are left alone, and a run older than the one that failed was never meant to be better. */
export function isAskedAgain(progress: CaseProgress, failedRun: string | null, run: string): boolean {
  if (progress.state === "willNotFix" || progress.state === "notTraceable") return false;
  return failedRun === null || runNumber(run) > runNumber(failedRun);
}

function isEarlier(one: Asked, other: Asked | null): boolean {
  if (other === null) return false;
  const [a, b] = [runNumber(one.runId), runNumber(other.runId)];
  return a === b ? (one.checkpointStep ?? 0) < (other.checkpointStep ?? 0) : a < b;
}

/** `r-012` is 12. */
const runNumber = (runId: string): number => Number(/\d+$/.exec(runId)?.[0] ?? 0);
