/** @file The words of the call checker: grammar, findings and failure codes (one source for editor, data checks and evaluation). */
import type { ToolCall } from "./trajectory.ts";

/** Fourteen codes, in order of precedence: the first that holds is primary. */
export const FAILURE_CODES = {
  F01: { name: "MALFORMED", title: "Malformed call", bfcl: "ast_decoder:decoder_failed" },
  F02: { name: "TOOL_INVENTED", title: "Invented tool", bfcl: "simple_function_checker:wrong_func_name" },
  F03: { name: "TOOL_NOT_OFFERED", title: "Tool not offered", bfcl: "simple_function_checker:wrong_func_name" },
  F04: { name: "TOOL_WRONG", title: "Wrong tool", bfcl: "simple_function_checker:wrong_func_name" },
  F05: { name: "ARG_MISSING", title: "Required argument missing", bfcl: "simple_function_checker:missing_required" },
  F06: { name: "ARG_UNKNOWN", title: "Unknown argument", bfcl: "simple_function_checker:unexpected_param" },
  F07: { name: "ARG_TYPE", title: "Wrong type, enum or format", bfcl: "type_error:simple" },
  F08: { name: "ARG_UNGROUNDED", title: "Value not in the conversation", bfcl: "value_error:string" },
  F09: { name: "ARG_WRONG", title: "Wrong argument value", bfcl: "value_error:string" },
  F10: { name: "CALL_COUNT", title: "Too few, extra or repeated calls", bfcl: "simple_function_checker:wrong_count" },
  F11: { name: "OVERCALL", title: "Called where it should ask or decline", bfcl: "irrelevance_error:decoder_success" },
  F12: { name: "OVERANSWER", title: "Answered where a call was due", bfcl: "relevance_error:decoder_failed" },
  F13: { name: "UNDERCALL", title: "Declined although solvable", bfcl: "relevance_error:decoder_failed" },
  F14: { name: "FLOW", title: "Conversation left hanging", bfcl: "multi_turn:force_terminated" },
} as const;
export type FailureCode = keyof typeof FAILURE_CODES;

/** What a turn decides: to call a tool, to ask for what is missing, to answer, or to say that it cannot. */
export const DECISIONS = ["call", "ask", "answer", "cannot"] as const;
export type Decision = (typeof DECISIONS)[number];

/** Half-open range of UTF-16 code units in the assistant's text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A call with the places of its parts in the text it was parsed from. */
export interface PlacedCall extends ToolCall {
  readonly nameRange: TextRange;
  readonly argumentsRange: TextRange;
}

/**
 * Strict reading of an assistant's text. Either the whole text follows the grammar, or the place where it left it is named and the
 * parts read so far are kept.
 */
export interface AssistantText {
  readonly thought?: { readonly text: string; readonly range: TextRange };
  readonly calls: readonly PlacedCall[];
  readonly answer?: { readonly text: string; readonly range: TextRange };
  readonly error?: { readonly message: string; readonly offset: number };
}

export interface CallFinding {
  readonly code: FailureCode;
  readonly message: string;
  readonly fix: string;
  /** Which call of the turn, counted from 0. */
  readonly callIndex: number;
  /** JSON pointer into the arguments, where the finding is about one of them. */
  readonly pointer?: string;
  readonly range?: TextRange;
}

export interface CallCheck {
  /** In order of precedence; empty: nothing to object. */
  readonly findings: readonly CallFinding[];
  readonly primary?: FailureCode;
}

/** Where a value of an argument comes from. */
export type ValueGround =
  /** The first turn in front of the call that gives it. */
  | { readonly kind: "turn"; readonly turnIndex: number }
  /** Its schema lists or names it. */
  | { readonly kind: "schema" }
  /** It steers how the tool answers (page, limit, unit), which is customarily inferred. */
  | { readonly kind: "custom" };

/** Result of comparing predicted calls with a reference. */
export interface CallComparison {
  /** Names and argument texts equal, character by character. */
  readonly exact: boolean;
  /** Names and parsed arguments equal, key order and number spelling aside (the AST match of the field). */
  readonly structural: boolean;
  readonly findings: readonly CallFinding[];
}
