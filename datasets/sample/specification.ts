/** @file The words in which a domain describes its tools, and how they become JSON Schema. */
import type { JsonObject } from "#contracts/json.ts";
import type { ToolDefinition } from "#contracts/trajectory.ts";
import { POOLS, type FreeKind, type PoolName } from "./pools.ts";

/** Where a value comes from: a typed pool, a short closed list, or fresh free text. */
export type ValueKind =
  | { readonly kind: "pool"; readonly pool: PoolName }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "free"; readonly free: FreeKind };

export type ParameterSpec = ValueKind & {
  readonly required: boolean;
  /** The question asked where a request leaves this value out. */
  readonly question: string;
};

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Said before the call where the system text asks for thoughts. */
  readonly thought: string;
  /**
   * Requests. `{place}` is filled with the value of that parameter; `[...]` may be left out: always where its parameter is not given.
   * The last `NUM_HELD_OUT_TEMPLATES` are held out.
   */
  readonly templates: readonly string[];
  /** Verb phrases of the base model's own, plainer wordings. */
  readonly plainWordings: readonly string[];
  /** What a call returns; `same` repeats an argument. */
  readonly result: Readonly<Record<string, ValueKind | { readonly kind: "same"; readonly parameter: string }>>;
  /** Answers made of arguments (`{place}`) and result fields (`{result.sky}`). */
  readonly answers: readonly string[];
}

/** Two calls, the second fed by the first one's result. */
export interface ChainSpec {
  readonly name: string;
  readonly first: string;
  readonly second: string;
  /** Parameters of the second call that come from the first call's result, by result field. */
  readonly fromResult: Readonly<Record<string, string>>;
  /** Parameters of the second call that repeat an argument of the first. */
  readonly fromFirst: Readonly<Record<string, string>>;
  readonly templates: readonly string[];
  readonly plainWordings: readonly string[];
}

export interface DomainSpec {
  readonly name: string;
  readonly tools: readonly ToolSpec[];
  readonly chains: readonly ChainSpec[];
}

export const NUM_HELD_OUT_TEMPLATES = 2;

export const pool = (from: PoolName, question: string): ParameterSpec => ({ kind: "pool", pool: from, required: true, question });
export const optionalPool = (from: PoolName): ParameterSpec => ({ kind: "pool", pool: from, required: false, question: "" });
export const choice = (choices: string, question: string): ParameterSpec => ({
  kind: "choice",
  choices: choices.split(" "),
  required: true,
  question,
});
export const optionalChoice = (choices: string): ParameterSpec => ({
  kind: "choice",
  choices: choices.split(" "),
  required: false,
  question: "",
});
export const free = (kind: FreeKind, question: string): ParameterSpec => ({ kind: "free", free: kind, required: true, question });
export const of = (from: PoolName): ValueKind => ({ kind: "pool", pool: from });
export const oneOf = (choices: string): ValueKind => ({ kind: "choice", choices: choices.split(" ") });
export const same = (parameter: string) => ({ kind: "same", parameter }) as const;

function parameterSchema(parameter: ParameterSpec): JsonObject {
  switch (parameter.kind) {
    case "pool":
      return { type: typeof POOLS[parameter.pool].seen[0] === "number" ? "integer" : "string" };
    case "choice":
      return { type: "string", enum: [...parameter.choices] };
    case "free":
      return { type: "string" };
  }
}

/** The tool as it is offered: a name, a sentence, a JSON Schema that allows nothing else. */
export function toToolDefinition(tool: ToolSpec): ToolDefinition {
  const entries = Object.entries(tool.parameters);
  return {
    name: tool.name,
    description: tool.description,
    parameters: {
      type: "object",
      properties: Object.fromEntries(entries.map(([name, parameter]) => [name, parameterSchema(parameter)])),
      required: entries.filter(([, parameter]) => parameter.required).map(([name]) => name),
      additionalProperties: false,
    },
  };
}
