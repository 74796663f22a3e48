/** @file Every procedure of the contract, answered. Shells serve this object with `{ core }` as context. */
import { evaluations, failures, playground } from "./evaluations.ts";
import { models } from "./models.ts";
import { runs } from "./runs.ts";
import { sources } from "./sources.ts";
import { trajectories } from "./trajectories.ts";
import { engines, jobs, workspace } from "./workspace.ts";

export const router = { workspace, engines, jobs, sources, trajectories, models, runs, evaluations, failures, playground };
