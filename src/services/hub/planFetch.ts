/** @file Which files of a hub repository make a model folder, and what each has to be. */
import { z } from "zod";
import { AppError } from "#contracts/errors.ts";
import { chooseWeights, isShardIndex, noWeights } from "#core/model/weightFiles.ts";
import { get, hubUrl, withRetries, type Hub } from "./hub.ts";

export interface HubModel {
  /** `facebook/opt-350m`. */
  readonly name: string;
  readonly revision: string;
}

/** What the hub says of a file; one of the two digests is there. */
export interface HubFile {
  readonly name: string;
  readonly numBytes: number;
  /** Of files in large-file storage. */
  readonly sha256: string | null;
  /** Git's own digest, of all others: SHA-1 over `blob <size>\0` and the content. */
  readonly gitSha1: string | null;
}

export interface Listing {
  /** Files are fetched at this commit, so that they belong together. */
  readonly commit: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

const answerSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().nonnegative().optional(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: z.string().optional(), size: z.int().nonnegative().optional() }).nullish(),
    }),
  ),
});

/** The files of a repository at a revision. */
export async function listFiles(hub: Hub, { name, revision }: HubModel, signal: AbortSignal): Promise<Listing> {
  const url = hubUrl(hub, `api/models/${name}/revision/${encodeURIComponent(revision)}?blobs=true`);
  const answer = await withRetries(hub, signal, async () => {
    const { response } = await get(hub, url, titleOf({ name, revision }), signal);
    return response.json().catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new AppError("E_HUB_ANSWER", { what: name, detail: "it is not the list of files" }, { cause });
    });
  });
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw new AppError("E_HUB_ANSWER", { what: name, detail: "it is not the list of files" });
  const files = parsed.data.siblings.map(({ rfilename, size, blobId, lfs }) => ({
    name: rfilename,
    numBytes: lfs?.size ?? size ?? 0,
    sha256: lfs?.sha256 ?? null,
    gitSha1: lfs ? null : (blobId ?? null),
  }));
  return { commit: parsed.data.sha, files: new Map(files.map((file) => [file.name, file])) };
}

export const titleOf = ({ name, revision }: HubModel): string => (revision === "main" ? name : `${name} at ${revision}`);

const CONFIG = "config.json";
/** Settings and tokenizer, and what says whose the model is. */
const SMALL_FILES = [
  CONFIG,
  "generation_config.json",
  "vocab.json",
  "merges.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "README.md",
  "LICENSE",
  "LICENSE.md",
  "LICENSE.txt",
];

export interface FetchPlan {
  readonly small: readonly HubFile[];
  /** The weights, or the index that names them. */
  readonly weights: HubFile;
}

/** @throws E_MODEL_INVALID, E_TOKENIZER_MISSING before anything is fetched, where the repository cannot become a model folder */
export function planFetch({ files }: Listing, path: string): FetchPlan {
  const names = [...files.keys()];
  const refuse = (detail: string): AppError => new AppError("E_MODEL_INVALID", { path, detail });
  if (!files.has(CONFIG)) throw refuse("it has no config.json");
  const chosen = chooseWeights(names);
  if (chosen === undefined) throw refuse(noWeights(names));
  const hasTokenizer = files.has("tokenizer.json") || (files.has("vocab.json") && files.has("merges.txt"));
  if (!hasTokenizer) throw new AppError("E_TOKENIZER_MISSING", { path });
  return { small: SMALL_FILES.flatMap((name) => files.get(name) ?? []), weights: files.get(chosen)! };
}

/** The shards that an index names. */
export function shardsOf({ files }: Listing, names: ReadonlySet<string>, path: string): HubFile[] {
  return [...names].sort().map((name) => {
    const file = files.get(name);
    if (file === undefined) throw new AppError("E_MODEL_INVALID", { path, detail: `${name} is missing, which its shard index names` });
    return file;
  });
}

export const needsShards = ({ weights }: FetchPlan): boolean => isShardIndex(weights.name);
