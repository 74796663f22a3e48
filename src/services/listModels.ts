/** @file The models a run can start from, besides other runs: the shipped one, fetched ones, and folders that a person named. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { ModelView } from "#contracts/models.ts";
import { parseOptConfig } from "#core/model/config.ts";
import { countParameters } from "#core/model/parameters.ts";
import { chooseWeights, isShardIndex, noWeights, parseShardIndex } from "#core/model/weightFiles.ts";
import type { Core, CorePaths } from "./core.ts";
import { ORIGIN_FILE, type ModelOrigin } from "./fetchModel.ts";
import { nameOf } from "./modelNames.ts";
import { modelDirOf, readModelFolder, requireVocabularyFits } from "./models.ts";

const SETTING = "modelFolders";
const SHIPPED = "sample-base";
/** The least that a parameter takes in a file: half precision. */
const LEAST_BYTES = 2;

/** In the order in which they are shown. */
export async function listModels(core: Core): Promise<readonly ModelView[]> {
  const { paths } = core;
  const views = [
    describe({ name: SHIPPED, kind: "shipped", path: modelDirOf(paths, SHIPPED) }),
    ...fetchedFolders(paths).map(async (path) => {
      const origin = await readOrigin(path);
      const name = origin === null ? relative(paths.models, path).replaceAll(sep, "/") : nameOf(origin);
      return describe({ name, kind: "fetched", path, commit: origin?.commit ?? null });
    }),
    ...namedFolders(core).map((path) => describe({ name: path, kind: "folder", path })),
  ];
  return Promise.all(views);
}

/**
 * Puts a folder on the list, after its settings and tokenizer were read. Its weights are read by the run.
 *
 * @throws E_MODEL_INVALID, E_TOKENIZER_MISSING with the first thing that is wrong with it
 */
export async function addModelFolder(core: Core, folder: string): Promise<ModelView> {
  const path = resolve(folder);
  if (!existsSync(path)) throw new AppError("E_FILE_NOT_FOUND", { path });
  const model = await readModelFolder(path);
  requireVocabularyFits(model);
  const view = await describe({ name: path, kind: "folder", path });
  if (view.problems.length > 0) throw new AppError("E_MODEL_INVALID", { path, detail: view.problems.join("; ") });
  core.store.settings.set(SETTING, JSON.stringify([...new Set([...namedFolders(core), path])]));
  core.jobs.news.rowsChanged("models");
  return view;
}

function namedFolders(core: Core): readonly string[] {
  return JSON.parse(core.store.settings.get(SETTING) ?? "[]") as string[];
}

/** `models/<owner>/<name>`, as fetched or as copied there by hand. */
function fetchedFolders({ models }: CorePaths): readonly string[] {
  const foldersIn = (dir: string): string[] =>
    readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => join(dir, name));
  return foldersIn(models)
    .flatMap((dir) => (existsSync(join(dir, "config.json")) ? [dir] : foldersIn(dir)))
    .filter((dir) => existsSync(join(dir, "config.json")))
    .sort();
}

async function readOrigin(dir: string): Promise<ModelOrigin | null> {
  return readFile(join(dir, ORIGIN_FILE), "utf8").then(
    (text) => JSON.parse(text) as ModelOrigin,
    () => null,
  );
}

interface Place {
  readonly name: string;
  readonly kind: ModelView["kind"];
  readonly path: string;
  readonly commit?: string | null;
}

/** What can be told of a model folder without reading its weights; what cannot be read becomes a problem in words. */
async function describe({ name, kind, path, commit = null }: Place): Promise<ModelView> {
  const problems: string[] = [];
  const attempt = async <T>(read: () => Promise<T>, otherwise: T): Promise<T> =>
    read().catch((thrown: unknown) => {
      const { params, message } = AppError.from(thrown);
      problems.push(String(params["detail"] ?? message));
      return otherwise;
    });

  const text = await attempt(() => readFile(join(path, "config.json"), "utf8"), null);
  const config = text === null ? null : await attempt(async () => parseOptConfig(text, path), null);
  const names = existsSync(path) ? readdirSync(path) : [];
  const hasTokenizer = names.includes("tokenizer.json") || (names.includes("vocab.json") && names.includes("merges.txt"));
  if (text !== null && !hasTokenizer) problems.push("it has no tokenizer: vocab.json and merges.txt, or tokenizer.json");

  const weightsFile = chooseWeights(names) ?? null;
  if (text !== null && weightsFile === null) problems.push(noWeights(names));
  const files = weightsFile === null ? [] : await attempt(() => weightFilesOf(path, weightsFile), []);
  const missing = files.filter((file) => !names.includes(file));
  if (missing.length > 0) problems.push(`${missing.join(", ")} is missing, which ${weightsFile} names`);
  const numBytes = files.filter((file) => names.includes(file)).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
  const numParameters = config === null ? null : countParameters(config);
  if (numParameters !== null && missing.length === 0 && files.length > 0 && numBytes < LEAST_BYTES * numParameters)
    problems.push(
      `${weightsFile} is truncated: ${numParameters} parameters need at least ${LEAST_BYTES * numParameters} bytes, there are ${numBytes}`,
    );
  const window = config?.maxPositionEmbeddings ?? null;
  return { name, kind, path, numBytes, numParameters, window, dtype: dtypeIn(text), weightsFile, commit, problems };
}

async function weightFilesOf(path: string, weightsFile: string): Promise<readonly string[]> {
  if (!isShardIndex(weightsFile)) return [weightsFile];
  return [...new Set(parseShardIndex(await readFile(join(path, weightsFile), "utf8"), path).values())].sort();
}

/** `dtype` is the newer spelling of `torch_dtype`. */
function dtypeIn(configText: string | null): string | null {
  try {
    const { dtype, torch_dtype: torchType } = JSON.parse(configText ?? "{}") as { dtype?: unknown; torch_dtype?: unknown };
    const named = dtype ?? torchType;
    return typeof named === "string" ? named : null;
  } catch {
    return null;
  }
}
