/** @file Changes of contents that go over many trajectories at once: text, names, certain fixes, and what is trained on. */
import { z } from "zod";
import { FAILURE_CODES, type FailureCode } from "./calls.ts";
import { FIX_KINDS, TEXT_PARTS, type FixKind, type HitPart } from "./contentParts.ts";
import type { JsonObject } from "./json.ts";

const name = z.string().min(1).max(1000);
const place = z.int().nonnegative();

export const replaceSchema = z.object({
  type: z.literal("replace"),
  find: z.string().min(1).max(1000),
  /** `$1` is the first group of a pattern, `$&` the whole match, `$$` a dollar. */
  replacement: z.string().max(100_000),
  isPattern: z.boolean().default(false),
  matchCase: z.boolean().default(true),
  parts: z.array(z.enum(TEXT_PARTS)).min(1),
});
export const renameToolSchema = z.object({
  type: z.literal("renameTool"),
  from: name,
  to: name,
  /** Also whole words in system, user, thought, answer and result. */
  mentions: z.boolean().default(true),
});
export const renameParameterSchema = z.object({ type: z.literal("renameParameter"), tool: name, from: name, to: name });

const definition = z.object({
  description: z.string().max(1_000_000),
  parameters: z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>,
  extra: (z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>).optional(),
});
/** A definition of a tool without its name. */
export type NamelessDefinition = z.infer<typeof definition>;
export const defineToolSchema = z.object({
  type: z.literal("defineTool"),
  tool: name,
  /** Definitions under that name which are exchanged, each equal to the letter. */
  from: z.array(definition).min(1).max(1000),
  to: definition,
});
export const fixSchema = z.object({
  type: z.literal("fix"),
  fix: z.enum(FIX_KINDS),
  /** Only calls of this tool. */
  tool: name.optional(),
  /** Only this parameter, in words: `address.zip`. */
  parameter: name.optional(),
  /** Only from this spelling, to this one. */
  from: name.optional(),
  to: name.optional(),
  /** Only at this place, for one fault of one trajectory. */
  at: z.object({ turn: place, call: place, pointer: z.string().optional() }).optional(),
});

const codeOrAny = z.enum([...(Object.keys(FAILURE_CODES) as [FailureCode, ...FailureCode[]]), "any"]);
/** Turns of the assistant that are not trained on any more. */
export const leaveOutSchema = z.object({
  type: z.literal("leaveOut"),
  turns: z.discriminatedUnion("by", [
    /** Those that the call checker objects to. */
    z.object({ by: z.literal("finding"), finding: codeOrAny }),
    /** Of each trajectory named, the last one that ends with the text: as it was trained on, its place may have moved. */
    z.object({
      by: z.literal("text"),
      texts: z
        .array(z.object({ trajectory: z.string(), text: z.string().max(1_000_000) }))
        .min(1)
        .max(20_000),
    }),
  ]),
});

export const CONTENT_OPERATIONS = [
  replaceSchema,
  renameToolSchema,
  renameParameterSchema,
  defineToolSchema,
  fixSchema,
  leaveOutSchema,
] as const;
export type ReplaceOperation = z.infer<typeof replaceSchema>;
export type RenameToolOperation = z.infer<typeof renameToolSchema>;
export type RenameParameterOperation = z.infer<typeof renameParameterSchema>;
export type DefineToolOperation = z.infer<typeof defineToolSchema>;
export type FixOperation = z.infer<typeof fixSchema>;
export type LeaveOutOperation = z.infer<typeof leaveOutSchema>;
export type ContentOperation = z.infer<(typeof CONTENT_OPERATIONS)[number]>;

/** One place that an operation changes. */
export interface ContentHit {
  /** Index into the turns; null: in the tools. */
  readonly turn: number | null;
  readonly call?: number;
  /** Index into the tools, and where in the definition, as a JSON pointer. */
  readonly tool?: number;
  readonly pointer?: string;
  readonly part: HitPart;
  /** UTF-16 code units in the part's text before the change. */
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  /** What stands around it, shortened, for a list that shows it in its place. */
  readonly lead: string;
  readonly trail: string;
}

/** A fault of a call that can be put right in one certain way. */
export interface CallFix {
  /** Stable as long as the turn is as it is. */
  readonly id: string;
  readonly kind: FixKind;
  /** "Call get_fee", "Write 7 as a number". */
  readonly title: string;
  readonly callIndex: number;
  /** Index into the findings of the turn's check. */
  readonly finding: number;
  /** Applies this one. */
  readonly operation: FixOperation;
  /** Applies all like it, in any trajectory. */
  readonly like: FixOperation;
  readonly hits: readonly ContentHit[];
}
