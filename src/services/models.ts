/** @file Where a model lies, by the names people give it, and what its folder says of it before any weight is read. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import { hubNameSchema } from "#contracts/models.ts";
import type { OptConfig } from "#contracts/model.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { loadTokenizer, type TokenizerFiles } from "#core/tokenizer/loadTokenizer.ts";
import type { Tokenizer } from "#core/tokenizer/tokenizer.ts";
import { listCheckpoints } from "./checkpoints.ts";
import type { CorePaths } from "./core.ts";
import { fetchedDirOf } from "./modelNames.ts";

export interface ModelFolder {
  readonly dir: string;
  readonly config: OptConfig;
  readonly tokenizer: Tokenizer;
}

export const RUN_ID = /^R-\d+$/i;
const MAX_KEPT = 4;
const kept = new Map<string, { readonly changedAt: number; readonly folder: ModelFolder }>();

/** `runs/r-003`. */
export function runDirOf(paths: CorePaths, runId: string): string {
  return join(paths.runs, runId);
}

/**
 * The folder behind a name: `sample-base`, a run id (its last checkpoint), a fetched model, or a folder.
 *
 * @throws E_RUN_NO_CHECKPOINT, E_MODEL_INVALID
 */
export function modelDirOf(paths: CorePaths, model: string): string {
  if (model === "sample-base") return join(paths.resources, "models", "sample-base");
  if (RUN_ID.test(model)) {
    const last = listCheckpoints(runDirOf(paths, model)).at(-1);
    if (last === undefined) throw new AppError("E_RUN_NO_CHECKPOINT", { run: model });
    return last.dir;
  }
  const candidates = [fetchedDirOf(paths, model), resolve(model)];
  const dir = candidates.find((candidate) => existsSync(candidate));
  if (dir !== undefined) return dir;
  const isOnHub = hubNameSchema.safeParse(model.split("@")[0]).success;
  const detail = isOnHub
    ? "it is not here yet; fetch it in the form of a new run, or with callsmith models fetch"
    : "there is no such folder";
  throw new AppError("E_MODEL_INVALID", { path: model, detail });
}

/** @throws E_MODEL_INVALID where the tokenizer has ids that the embedding has no row for */
export function requireVocabularyFits({ dir, config, tokenizer }: ModelFolder): void {
  if (tokenizer.vocabSize <= config.vocabSize) return;
  const detail = `its tokenizer uses ${tokenizer.vocabSize} ids, its embedding has ${config.vocabSize} rows`;
  throw new AppError("E_MODEL_INVALID", { path: dir, detail });
}

/** Configuration and tokenizer of a model folder; the last few are kept. */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const configPath = join(dir, "config.json");
  if (!existsSync(configPath)) throw new AppError("E_MODEL_INVALID", { path: dir, detail: "it has no config.json" });
  const changedAt = statSync(configPath).mtimeMs;
  const known = kept.get(dir);
  if (known?.changedAt === changedAt) return known.folder;
  const folder: ModelFolder = {
    dir,
    config: parseOptConfig(await readFile(configPath, "utf8"), configPath),
    tokenizer: await readTokenizer(dir),
  };
  kept.set(dir, { changedAt, folder });
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
  return folder;
}

/** The tokenizer beside a model, `vocab.json` and `merges.txt` or `tokenizer.json`; throws `E_TOKENIZER_MISSING`. */
export async function readTokenizer(dir: string): Promise<Tokenizer> {
  return loadTokenizer(await readTokenizerFiles(dir));
}

/** The files it is read from; throws `E_TOKENIZER_MISSING`. */
export async function readTokenizerFiles(dir: string): Promise<TokenizerFiles> {
  const name = basename(dir);
  const read = (file: string): Promise<string | null> => readIfThere(join(dir, file));
  const [vocabJson, mergesText, tokenizerJson] = [await read("vocab.json"), await read("merges.txt"), await read("tokenizer.json")];
  // OPT's own files win: their settings are known, where a tokenizer.json beside them may be of any origin.
  if (vocabJson !== null && mergesText !== null) return { name, vocabJson, mergesText };
  if (tokenizerJson !== null) return { name, tokenizerJson };
  throw new AppError("E_TOKENIZER_MISSING", { path: dir });
}

async function readIfThere(path: string): Promise<string | null> {
  return existsSync(path) ? readFile(path, "utf8") : null;
}
