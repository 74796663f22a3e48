/** @file Procedures of models. */
import { startFetch } from "../fetchModel.ts";
import { addModelFolder, listModels } from "../listModels.ts";
import { nameOf } from "../modelNames.ts";
import { base } from "./base.ts";

export const models = {
  list: base.models.list.handler(({ context }) => listModels(context.core)),
  fetch: base.models.fetch.handler(({ context, input }) => ({ jobId: startFetch(context.core, input).id, model: nameOf(input) })),
  add: base.models.add.handler(({ context, input }) => addModelFolder(context.core, input.folder)),
};
