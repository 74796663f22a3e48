/** @file The shape of a trajectory's content as it comes in from a page: checked before anything is stored. */
import { z } from "zod";
import type { JsonObject, JsonValue } from "./json.ts";

const json: z.ZodType<JsonValue> = z.json() as z.ZodType<JsonValue>;
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
/** A result may be a page of text; nothing a person edits is longer. */
const text = z.string().max(64 * 2 ** 20);
const name = z.string().max(10_000);

const call = z.object({
  name,
  argumentsText: text,
  /** Read again from the text where it is stored: the text is what counts. */
  arguments: z.union([
    z.object({ ok: z.literal(true), value: jsonObject }),
    z.object({ ok: z.literal(false), message: z.string(), offset: z.int() }),
  ]),
  callId: name.optional(),
});

const turn = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), content: text }),
  z.object({ role: z.literal("user"), content: text }),
  z.object({
    role: z.literal("assistant"),
    thought: text.optional(),
    calls: z.array(call).max(1000),
    answer: text.optional(),
    raw: text.optional(),
    weight: z.number().min(0).max(1).optional(),
  }),
  z.object({ role: z.literal("tool"), content: text, name: name.optional(), callId: name.optional() }),
]);

export const trajectoryContentSchema = z.object({
  tools: z.array(z.object({ name, description: text, parameters: jsonObject, extra: jsonObject.optional() })).max(10_000),
  turns: z.array(turn).max(100_000),
  targets: z.array(z.int().nonnegative()).optional(),
  metadata: jsonObject,
});
