/** @file What the token ids of a checkpoint say; nothing where the checkpoint is gone. */
import { join } from "node:path";
import { checkpointName } from "./checkpoints.ts";
import type { Core } from "./core.ts";
import { readModelFolder, runDirOf } from "./models.ts";

export async function tokenTexts(core: Core, runId: string, step: number): Promise<((id: number) => string) | null> {
  try {
    const { tokenizer } = await readModelFolder(join(runDirOf(core.paths, runId), checkpointName(step)));
    return (id) => tokenizer.decode([id]);
  } catch {
    return null;
  }
}
