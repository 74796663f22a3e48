/** @file Models: which there are, one more from the hub, one more from a folder. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { hubNameSchema, MAIN_REVISION, type ModelView, revisionSchema } from "../models.ts";

export const models = {
  list: oc.output(output<readonly ModelView[]>()),
  /** Starts a job, or gives the one that fetches this model already. */
  fetch: oc
    .input(z.object({ name: hubNameSchema, revision: revisionSchema.default(MAIN_REVISION) }))
    .output(output<{ readonly jobId: string; readonly model: string }>()),
  /** Puts a folder of this machine on the list; it stays where it is. */
  add: oc.input(z.object({ folder: z.string().min(1) })).output(output<ModelView>()),
};
