/** @file Cases and their events. Cases are written once, events only added; what a case has come to is computed by who reads them. */
import type { CaseDecoder, CaseEvent, CaseEventKind, CaseVerdict } from "#contracts/cases.ts";
import type { FailureCode } from "#contracts/calls.ts";
import type { Diagnosis, ErrorPlace } from "#contracts/diagnosis.ts";
import { AppError } from "#contracts/errors.ts";
import type { GeneratedTokens } from "#contracts/trainer.ts";
import type { ToolDefinition, Turn } from "#contracts/trajectory.ts";
import { decodeTokens, encodeTokens } from "./generatedTokens.ts";
import { formatId, requireNumber } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

/** What a list and the grouping need. */
export interface CaseRecord {
  readonly id: string;
  readonly title: string;
  readonly code: FailureCode | null;
  readonly secondary: readonly FailureCode[];
  readonly tool: string;
  readonly place: ErrorPlace | null;
  readonly spanText: string;
  readonly prompt: string;
  readonly runId: string | null;
  readonly model: string;
  readonly checkpointStep: number | null;
  readonly evaluationId: string | null;
  readonly failureId: string | null;
  readonly trajectoryId: string | null;
  readonly turnIndex: number | null;
  readonly author: string;
  readonly createdAt: string;
}

/** What asking again and tracing need. */
export interface CaseBody {
  readonly prompt: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  readonly text: string;
  readonly decoder: CaseDecoder;
  readonly expected: string | null;
  readonly diagnosis: Diagnosis;
  /** What the token ids say, by id: the tokenizer may be gone. */
  readonly texts: Readonly<Record<number, string>>;
}

export interface NewCase extends Omit<CaseRecord, "id"> {
  readonly fingerprint: string;
  readonly body: CaseBody;
  readonly tokens: GeneratedTokens;
}

export interface NewCaseEvent {
  readonly kind: CaseEventKind;
  readonly at: string;
  readonly author: string;
  readonly runId?: string;
  readonly checkpointStep?: number | null;
  readonly evaluationId?: string;
  readonly dataVersion?: number;
  readonly trajectories?: readonly string[];
  readonly verdict?: CaseVerdict;
  readonly text?: string;
  readonly output?: string;
  readonly code?: FailureCode | null;
}

interface CaseRow {
  readonly number: number;
  readonly title: string;
  readonly code: FailureCode | null;
  readonly secondary: string;
  readonly tool: string;
  readonly place: ErrorPlace | null;
  readonly span_text: string;
  readonly prompt: string;
  readonly run: string | null;
  readonly model: string;
  readonly checkpoint_step: number | null;
  readonly evaluation: string | null;
  readonly failure: string | null;
  readonly trajectory: string | null;
  readonly turn_index: number | null;
  readonly author: string;
  readonly created_at: string;
}

interface EventRow {
  readonly id: number;
  readonly case_number: number;
  readonly kind: CaseEventKind;
  readonly at: string;
  readonly author: string;
  readonly run: string | null;
  readonly checkpoint_step: number | null;
  readonly evaluation: string | null;
  readonly data_version: number | null;
  readonly version_name: string | null;
  readonly body: string;
}

type EventBody = Pick<CaseEvent, "trajectories" | "verdict" | "text" | "output" | "code">;

const COLUMNS =
  "number, title, code, secondary, tool, place, span_text, prompt, run, model, checkpoint_step, evaluation, failure, trajectory, turn_index, author, created_at";
const EVENTS = "SELECT e.*, v.name AS version_name FROM case_event e LEFT JOIN data_version v ON v.id = e.data_version";

export type CaseRepository = ReturnType<typeof caseRepository>;

export function caseRepository(db: Db) {
  const insert = db.prepare(`
    INSERT INTO followed_case (fingerprint, title, code, secondary, tool, place, span_text, prompt, run, model, checkpoint_step,
      evaluation, failure, trajectory, turn_index, author, created_at, body, tokens)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const numberOfFingerprint = db.prepare<[string], number>("SELECT number FROM followed_case WHERE fingerprint = ?").pluck();
  const numberOfFailure = db.prepare<[string], number>("SELECT number FROM followed_case WHERE failure = ?").pluck();
  const selectAll = db.prepare<[], CaseRow>(`SELECT ${COLUMNS} FROM followed_case ORDER BY number`);
  const selectOne = db.prepare<[number], CaseRow>(`SELECT ${COLUMNS} FROM followed_case WHERE number = ?`);
  const selectBody = db.prepare<[number], { body: string; tokens: Buffer }>("SELECT body, tokens FROM followed_case WHERE number = ?");
  const insertEvent = db.prepare(`
    INSERT INTO case_event (case_number, kind, at, author, run, checkpoint_step, evaluation, data_version, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectEvents = db.prepare<[number], EventRow>(`${EVENTS} WHERE e.case_number = ? ORDER BY e.id`);
  const selectAllEvents = db.prepare<[], EventRow>(`${EVENTS} ORDER BY e.id`);
  const selectOfVersion = db
    .prepare<[number], number>("SELECT DISTINCT case_number FROM case_event WHERE data_version = ? AND kind = 'fixed' ORDER BY case_number")
    .pluck();
  const selectAsked = db.prepare<[], { evaluation: string; kind: CaseEventKind; case_number: number }>(
    "SELECT evaluation, kind, case_number FROM case_event WHERE evaluation IS NOT NULL ORDER BY id",
  );
  const numberOf = (id: string): number => requireNumber("case", id);
  const notFound = (id: string): AppError => new AppError("E_NOT_FOUND", { what: "case", id });

  return {
    /** Writes: a new case; the one there is where the same output was followed already. */
    add(made: NewCase): { readonly id: string; readonly isNew: boolean } {
      const known = numberOfFingerprint.get(made.fingerprint);
      if (known !== undefined) return { id: formatId("case", known), isNew: false };
      const { lastInsertRowid } = insert.run(
        ...[made.fingerprint, made.title, made.code, JSON.stringify(made.secondary), made.tool, made.place, made.spanText, made.prompt],
        ...[made.runId, made.model, made.checkpointStep, made.evaluationId, made.failureId, made.trajectoryId, made.turnIndex],
        ...[made.author, made.createdAt, JSON.stringify(made.body), encodeTokens(made.tokens)],
      );
      return { id: formatId("case", Number(lastInsertRowid)), isNew: true };
    },

    /** Writes: what happened to a case. */
    addEvent(id: string, event: NewCaseEvent): void {
      const { trajectories = [], verdict = null, text = "", output = null, code = null } = event;
      const body: EventBody = { trajectories, verdict, text, output, code };
      insertEvent.run(
        ...[numberOf(id), event.kind, event.at, event.author, event.runId ?? null, event.checkpointStep ?? null],
        ...[event.evaluationId ?? null, event.dataVersion ?? null, JSON.stringify(body)],
      );
    },

    /** Reads only: every case, oldest first. */
    list(): readonly CaseRecord[] {
      return selectAll.all().map(recordOf);
    },

    /** Reads only: one case; throws `E_NOT_FOUND`. */
    get(id: string): CaseRecord {
      const row = selectOne.get(numberOf(id));
      if (row === undefined) throw notFound(id);
      return recordOf(row);
    },

    /** Reads only: what it keeps; throws `E_NOT_FOUND`. */
    body(id: string): CaseBody & { readonly tokens: GeneratedTokens } {
      const row = selectBody.get(numberOf(id));
      if (row === undefined) throw notFound(id);
      return { ...(JSON.parse(row.body) as CaseBody), tokens: decodeTokens(row.tokens) };
    },

    /** Reads only: the case that was made of a failure, or null. */
    ofFailure(failureId: string): string | null {
      const number = numberOfFailure.get(failureId);
      return number === undefined ? null : formatId("case", number);
    },

    /** Reads only: events of one case, oldest first. */
    events(id: string): readonly CaseEvent[] {
      return selectEvents.all(numberOf(id)).map(eventOf);
    },

    /** Reads only: events of every case by its id, oldest first. */
    eventsByCase(): ReadonlyMap<string, readonly CaseEvent[]> {
      const byCase = new Map<string, CaseEvent[]>();
      for (const row of selectAllEvents.iterate()) {
        const id = formatId("case", row.case_number);
        const events = byCase.get(id);
        if (events === undefined) byCase.set(id, [eventOf(row)]);
        else events.push(eventOf(row));
      }
      return byCase;
    },

    /** Reads only: cases that evaluations asked again, by evaluation and by what came of it. */
    askedAgain(): ReadonlyMap<string, Partial<Record<CaseEventKind, string[]>>> {
      const byEvaluation = new Map<string, Partial<Record<CaseEventKind, string[]>>>();
      for (const { evaluation, kind, case_number } of selectAsked.iterate()) {
        const asked = byEvaluation.get(evaluation) ?? {};
        byEvaluation.set(evaluation, asked);
        (asked[kind] ??= []).push(formatId("case", case_number));
      }
      return byEvaluation;
    },

    /** Reads only: cases that a data version was meant to mend. */
    ofVersion(version: number): readonly string[] {
      return selectOfVersion.all(version).map((number) => formatId("case", number));
    },
  };
}

function recordOf(row: CaseRow): CaseRecord {
  return {
    id: formatId("case", row.number),
    title: row.title,
    code: row.code,
    secondary: JSON.parse(row.secondary) as FailureCode[],
    tool: row.tool,
    place: row.place,
    spanText: row.span_text,
    prompt: row.prompt,
    runId: row.run,
    model: row.model,
    checkpointStep: row.checkpoint_step,
    evaluationId: row.evaluation,
    failureId: row.failure,
    trajectoryId: row.trajectory,
    turnIndex: row.turn_index,
    author: row.author,
    createdAt: row.created_at,
  };
}

function eventOf(row: EventRow): CaseEvent {
  return {
    id: row.id,
    kind: row.kind,
    at: row.at,
    author: row.author,
    runId: row.run,
    checkpointStep: row.checkpoint_step,
    evaluationId: row.evaluation,
    dataVersion: row.data_version === null ? null : { id: row.data_version, name: row.version_name ?? "" },
    ...(JSON.parse(row.body) as EventBody),
  };
}
