/** @file Names of fetched models and the folders they lie in, below the workspace's `models`. */
import { join } from "node:path";
import { MAIN_REVISION } from "#contracts/models.ts";
import type { CorePaths } from "./core.ts";
import type { HubModel } from "./hub/planFetch.ts";

/** `facebook/opt-350m`, `facebook/opt-350m@refs/pr/24`. */
export const nameOf = ({ name, revision }: HubModel): string => (revision === MAIN_REVISION ? name : `${name}@${revision}`);

/** A revision's slashes would make folders of their own. */
export function fetchedDirOf(paths: CorePaths, name: string): string {
  const [repository, revision] = name.split("@");
  return join(paths.models, repository! + (revision === undefined ? "" : `@${revision.replaceAll("/", "--")}`));
}

/** Where a model lies until it is whole. */
export const unfinishedDirOf = (paths: CorePaths, name: string): string => join(paths.models, ".unfinished", name.replaceAll("/", "--"));
