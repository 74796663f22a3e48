/** @file Schemas of review: what a label scheme, the place of a label and a person's name may be. */
import { z } from "zod";
import { isAnnotatorName, LABEL_SCOPES, LONGEST_ANNOTATOR_NAME } from "./review.ts";

const id = z.string().min(1).max(60);
const title = z.string().min(1).max(200);

export const labelQuestionSchema = z.object({
  id,
  title,
  kind: z.enum(["single", "multiple"]),
  scope: z.enum(LABEL_SCOPES),
  options: z.array(z.object({ id, title })).min(2).max(30),
});
export const labelSchemeSchema = z.object({ questions: z.array(labelQuestionSchema).max(40) });

const place = z.int().nonnegative();
export const labelPlaceSchema = z.object({
  turn: place.optional(),
  call: place.optional(),
  part: z.enum(["content", "thought", "arguments", "answer"]).optional(),
  start: place.optional(),
  end: place.optional(),
});

/** How a person is known in a workspace. */
export const annotatorSchema = z
  .string()
  .trim()
  .refine(isAnnotatorName, `1 to ${LONGEST_ANNOTATOR_NAME} characters, and not the sign of settled answers`);
