/**
 * @file The unit of the product: one recorded conversation with its tools.
 *
 * Everything here is plain data that survives JSON. A *trajectory* is edited, labelled and traced; a *row* is one record of an
 * imported or exported file (ToolBench explodes one path into several rows); an *example* is what enters a batch.
 */
import type { JsonObject, JsonValue } from "./json.ts";
import type { Status } from "./review.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `T-00042`: stable within a workspace, never reused. */
export type TrajectoryId = Branded<"TrajectoryId">;

/** A tool as the model is offered it. `parameters` is JSON Schema, kept as imported. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
  /** Fields of the source's definition that the product does not interpret (`strict`, `response` ...): kept for an exact export. */
  readonly extra?: JsonObject;
}

/** Arguments beside their raw text: the text is what was recorded, the value is what it means, if anything. */
export type ParsedArguments =
  | { readonly ok: true; readonly value: JsonObject }
  /** `offset` counts UTF-16 code units from the start of the raw text. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

export interface ToolCall {
  readonly name: string;
  /** Exactly as recorded; never re-serialised until somebody edits it. */
  readonly argumentsText: string;
  readonly arguments: ParsedArguments;
  /** Ties a result to its call, where the source has ids. */
  readonly callId?: string;
}

export interface SystemTurn {
  readonly role: "system";
  readonly content: string;
}

export interface UserTurn {
  readonly role: "user";
  readonly content: string;
}

/**
 * One turn of the model: an optional thought, then calls or a final answer.
 *
 * `raw` is present only where the recorded text does not follow the call grammar or would not come back to the letter from its
 * parts; it is then what is shown, trained on and exported.
 */
export interface AssistantTurn {
  readonly role: "assistant";
  readonly thought?: string;
  readonly calls: readonly ToolCall[];
  readonly answer?: string;
  readonly raw?: string;
  /** How much the turn counts in the loss where it is a target: above 0; absent: 1. A turn that does not count is left out of `targets`. */
  readonly weight?: number;
}

/** What came back from a call. */
export interface ToolTurn {
  readonly role: "tool";
  readonly content: string;
  readonly name?: string;
  readonly callId?: string;
}

export type Turn = SystemTurn | UserTurn | AssistantTurn | ToolTurn;
export type TurnRole = Turn["role"];
export const TURN_ROLES = ["system", "user", "assistant", "tool"] as const satisfies readonly TurnRole[];

export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

/** The parts of a trajectory that editing changes; its content hash names a revision. */
export interface TrajectoryContent {
  readonly tools: readonly ToolDefinition[];
  readonly turns: readonly Turn[];
  /** Indices into `turns` of the assistant turns recorded as targets; absent: every assistant turn. */
  readonly targets?: readonly number[];
  /** Fields of the source row that the product does not interpret, and format facts an exact export needs. */
  readonly metadata: { readonly [key: string]: JsonValue };
}

export interface Trajectory extends TrajectoryContent {
  readonly id: TrajectoryId;
  readonly split: Split;
}

/** The text a list shows for a trajectory: its first user turn on one line, without the source's framing. */
export interface TrajectorySummary {
  readonly id: TrajectoryId;
  readonly title: string;
  readonly numTurns: number;
  readonly numCalls: number;
  readonly numTools: number;
  readonly split: Split;
  readonly source: string;
  readonly format: string;
  /** Assistant turns whose text does not follow the call grammar, and calls whose arguments do not parse. */
  readonly numUnreadable: number;
  readonly revision: number;
  readonly status: Status;
  /** Whose queue it is in. */
  readonly assignee: string | null;
}
