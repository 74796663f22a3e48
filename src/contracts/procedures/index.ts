/** @file Every procedure there is, once: both transports, both shells and the page share this object. */
import { annotators, changes, editing, merging, review, versions } from "./changes.ts";
import { cases } from "./cases.ts";
import { evaluations, failures, playground } from "./evaluations.ts";
import { sql, views } from "./finding.ts";
import { experiments } from "./experiments.ts";
import { models } from "./models.ts";
import { runs } from "./runs.ts";
import { sources } from "./sources.ts";
import { tools } from "./tools.ts";
import { tracing } from "./tracing.ts";
import { trajectories } from "./trajectories.ts";
import { trees } from "./trees.ts";
import { engines, jobs, workspace } from "./workbench.ts";

export const contract = {
  workspace,
  engines,
  jobs,
  sources,
  trajectories,
  tools,
  trees,
  views,
  sql,
  changes,
  editing,
  merging,
  annotators,
  review,
  versions,
  models,
  runs,
  evaluations,
  failures,
  cases,
  tracing,
  experiments,
  playground,
};
export type Contract = typeof contract;
