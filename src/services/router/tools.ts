/** @file Procedures of the catalogue of tools. */
import { listTools } from "../toolCatalogue.ts";
import { base } from "./base.ts";

export const tools = {
  list: base.tools.list.handler(({ context, input }) => listTools(context.core, input)),
  get: base.tools.get.handler(({ context, input }) => context.core.store.tools.get(input.name)),
  definition: base.tools.definition.handler(({ context, input }) => context.core.store.tools.definition(input.id)),
};
