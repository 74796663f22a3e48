/** @file Procedures of saved views and of questions in SQL. */
import { inTurn } from "../inTurn.ts";
import { querySql } from "../sqlConsole.ts";
import { listViews, removeView, renameView, saveView } from "../views.ts";
import { base } from "./base.ts";

export const views = {
  list: base.views.list.handler(({ context: { core }, input, signal }) => inTurn(core, signal, () => listViews(core, input.author))),
  save: base.views.save.handler(({ context, input }) => saveView(context.core, input.name, input.filter, input.author)),
  rename: base.views.rename.handler(({ context, input }) => renameView(context.core, input.name, input.to, input.author)),
  remove: base.views.remove.handler(({ context, input }) => removeView(context.core, input.name, input.author)),
};

export const sql = {
  query: base.sql.query.handler(({ context, input, signal }) => querySql(context.core, { ...input, signal })),
  schema: base.sql.schema.handler(({ context }) => context.core.store.describeTables()),
};
