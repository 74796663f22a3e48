/** @file Models that a run can start from, and what their folders say. */
import { z } from "zod";

/** `owner/name`, as on the hub. */
export const hubNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/, "Needs owner/name, as in facebook/opt-350m")
  .refine((name) => !name.includes(".."), "Needs owner/name, as in facebook/opt-350m");

/** A branch, a tag, a commit, or a pull request as in `refs/pr/24`. */
export const revisionSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*(\/[\w.-]+)*$/, "Needs a branch, a tag, a commit, or refs/pr/NUMBER")
  .refine((revision) => !revision.includes("..") && revision.length <= 200, "Needs a branch, a tag, a commit, or refs/pr/NUMBER");

export const MAIN_REVISION = "main";

/** A model folder, as far as it can be told without reading its weights. */
export interface ModelView {
  /** What `baseModel` takes. */
  readonly name: string;
  readonly kind: "shipped" | "fetched" | "folder";
  readonly path: string;
  /** Of all its weights files; 0 where there are none. */
  readonly numBytes: number;
  /** Null where its `config.json` cannot be read. */
  readonly numParameters: number | null;
  /** Tokens it can take at once. */
  readonly window: number | null;
  /** Type of the stored numbers as `config.json` names it, or null. */
  readonly dtype: string | null;
  /** The file that would be read: `model.safetensors`, or the index of shards. */
  readonly weightsFile: string | null;
  /** Commit on the hub, of a fetched model. */
  readonly commit: string | null;
  /** Why it cannot be used, in sentences; empty: nothing is known against it. */
  readonly problems: readonly string[];
}
