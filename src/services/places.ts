/** @file Where a shell finds the files the core needs: beside the sources while developing, beside the bundles once built. */
import { join } from "node:path";
import type { CoreOptions } from "./core.ts";

export type CorePlaces = Pick<CoreOptions, "trainerEntry" | "importerEntry" | "resourcesDir" | "datasetsDir">;

/**
 * @param root the folder with `resources/` and `datasets/`: the checkout, or the packaged app's resources
 * @param entryFile the running entry; a `.ts` one starts the other processes from their sources too
 * @param builtDir the folder of the built entries
 */
export function corePlaces(root: string, entryFile: string, builtDir = join(root, "out/main")): CorePlaces {
  const entry = (name: string): string => (entryFile.endsWith(".ts") ? join(root, `src/worker/${name}.ts`) : join(builtDir, `${name}.js`));
  return {
    trainerEntry: entry("trainer"),
    importerEntry: entry("importer"),
    resourcesDir: join(root, "resources"),
    datasetsDir: join(root, "datasets"),
  };
}

/** The workspace that is opened where none is named. */
export const sampleWorkspaceIn = (root: string): string => join(root, ".workspace/sample");
