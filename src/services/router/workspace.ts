/** @file Procedures of the workspace, its machine and its jobs. */
import { workspaceView } from "../workspaceView.ts";
import { base } from "./base.ts";

export const workspace = {
  get: base.workspace.get.handler(({ context }) => workspaceView(context.core)),
};

export const engines = {
  list: base.engines.list.handler(({ context }) => context.core.engines.list()),
};

export const jobs = {
  list: base.jobs.list.handler(({ context }) => context.core.jobs.list()),
  news: base.jobs.news.handler(({ context, input, signal }) => context.core.jobs.news.since(input.since, signal)),
  pause: base.jobs.pause.handler(({ context, input }) => context.core.jobs.pause(input.id)),
  resume: base.jobs.resume.handler(({ context, input }) => context.core.jobs.resume(input.id)),
  cancel: base.jobs.cancel.handler(({ context, input }) => context.core.jobs.cancel(input.id)),
};
