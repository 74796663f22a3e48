/** @file Cases as they are shown: in groups of what is alike, and one with everything it keeps. */
import type { CallFinding, FailureCode } from "#contracts/calls.ts";
import type { CaseDetail, CaseEvent, CaseList, CaseState, CaseSummary } from "#contracts/cases.ts";
import { caseProgress } from "#core/evaluation/caseProgress.ts";
import { flowFindings } from "#core/evaluation/flowFindings.ts";
import { groupCases, nearestByWords } from "#core/evaluation/groupCases.ts";
import { judgePrediction } from "#core/evaluation/judgePrediction.ts";
import { checkCalls } from "#core/trajectories/checkCalls.ts";
import { inPrecedence } from "#core/trajectories/findings.ts";
import { parseAssistantText } from "#core/trajectories/parseAssistantText.ts";
import { readAssistantText } from "#core/trajectories/readAssistantText.ts";
import type { CaseBody, CaseRecord } from "#store/cases.ts";
import { answerTokens } from "../answerTokens.ts";
import type { Core } from "../core.ts";

export interface CaseFilter {
  readonly state?: CaseState | undefined;
  readonly code?: FailureCode | undefined;
  readonly runId?: string | undefined;
}

const NUM_ALIKE = 8;

export function listCases(core: Core, { state, code, runId }: CaseFilter): CaseList {
  const events = core.store.cases.eventsByCase();
  const records = core.store.cases.list().filter((one) => runId === undefined || one.runId === runId);
  const all = records.map((record) => ({ record, summary: summaryOf(record, events.get(record.id) ?? []) }));
  const inState = all.filter(({ summary }) => state === undefined || summary.progress.state === state);
  const shown = inState.filter(({ summary }) => code === undefined || summary.code === code);
  const groups = groupCases(shown, ({ record }) => record).map((members) => {
    const { tool, code: itsCode, spanText } = members[0]!.summary;
    return { tool, code: itsCode, spanText, cases: members.map(({ summary }) => summary) };
  });
  return {
    byState: count(all.map(({ summary }) => summary.progress.state)),
    byCode: count(inState.flatMap(({ summary }) => (summary.code === null ? [] : [summary.code]))),
    total: shown.length,
    groups,
  };
}

export function summariesOf(core: Core, records: readonly CaseRecord[]): readonly CaseSummary[] {
  return records.map((record) => summaryOf(record, core.store.cases.events(record.id)));
}

/** @throws E_NOT_FOUND */
export function casesOfVersion(core: Core, version: number): readonly CaseSummary[] {
  const { cases, written } = core.store;
  return summariesOf(
    core,
    [...new Set([...cases.ofVersion(version), ...written.casesMendedIn(version)])].sort().map((id) => cases.get(id)),
  );
}

/** @throws E_NOT_FOUND */
export function getCase(core: Core, id: string): CaseDetail {
  const { cases } = core.store;
  const record = cases.get(id);
  const events = cases.events(id);
  const { tokens, texts, ...body } = cases.body(id);
  const others = cases.list().filter((other) => other.id !== record.id);
  return {
    ...summaryOf(record, events),
    evaluationId: record.evaluationId,
    failureId: record.failureId,
    turnIndex: record.turnIndex,
    prompt: body.prompt,
    tools: body.tools,
    text: body.text,
    output: parseAssistantText(body.text),
    findings: findingsOf(core, body),
    tokens: answerTokens(tokens, (tokenId) => texts[tokenId] ?? `#${tokenId}`),
    decoder: body.decoder,
    expected: body.expected,
    diagnosis: body.diagnosis,
    events,
    counterExamples: core.store.written.ofCase(record.id),
    alike: summariesOf(
      core,
      nearestByWords(record.prompt, others, (other) => other.prompt, NUM_ALIKE),
    ),
  };
}

/** Judged anew: the judgement is a pure function of what is kept. */
function findingsOf(core: Core, { prompt, tools, text, expected, decoder }: Omit<CaseBody, "texts">): readonly CallFinding[] {
  const knownTools = core.store.contents.toolNames();
  const wasCutOff = decoder.stopReason !== "stopToken";
  if (expected !== null) {
    const content = { tools, turns: [...prompt, readAssistantText(expected)], metadata: {} };
    return judgePrediction(text, content, prompt.length, { knownTools, wasCutOff }).comparison.findings;
  }
  const output = parseAssistantText(text);
  return inPrecedence([
    ...checkCalls(output, { tools, conversation: prompt, knownTools }).findings,
    ...flowFindings({ text, output, wasCutOff }),
  ]);
}

function summaryOf(record: CaseRecord, events: readonly CaseEvent[]): CaseSummary {
  const { prompt: _prompt, evaluationId: _evaluation, failureId: _failure, turnIndex: _turn, ...summary } = record;
  return { ...summary, progress: caseProgress(events) };
}

function count<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
