/** @file Every migration in order; append-only. The position, counted from 1, is the schema number kept in `user_version`. */
import { init } from "./001-init.ts";
import { mergedExamples } from "./002-merged-examples.ts";
import { runEngine } from "./003-run-engine.ts";
import { editing } from "./004-editing.ts";
import { contentFacts } from "./005-content-facts.ts";
import { conflicts } from "./006-conflicts.ts";
import { previews } from "./007-previews.ts";
import { cases } from "./008-cases.ts";
import { tools } from "./009-tools.ts";
import { sourceBeside } from "./010-source-beside.ts";
import { traces } from "./011-traces.ts";
import { experiments } from "./012-experiments.ts";
import { changeIndexes } from "./013-change-indexes.ts";
import { written } from "./014-written.ts";

export const MIGRATIONS: readonly string[] = [
  init,
  mergedExamples,
  runEngine,
  editing,
  contentFacts,
  conflicts,
  previews,
  cases,
  tools,
  sourceBeside,
  traces,
  experiments,
  changeIndexes,
  written,
];
