/**
 * @file `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu`, where a person has installed one: TensorFlow's own library under TensorFlow.js.
 */
import { createRequire } from "node:module";
import { AppError } from "#contracts/errors.ts";
import type { EagerTfBackend } from "./weightTensors.ts";

/** Not named `require`: the bundler declares one of its own. */
const requireHere = createRequire(import.meta.url);

/** Checks that Node 23 removed from `node:util`; the packages, last released in 2024, still call them. */
const REMOVED: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === "boolean",
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === "number",
  isString: (value) => typeof value === "string",
  isUndefined: (value) => value === undefined,
};

export function restoreRemovedChecks(util: Record<string, unknown> = requireHere("node:util") as Record<string, unknown>): void {
  for (const [name, check] of Object.entries(REMOVED)) util[name] ??= check;
}

/**
 * Loads the package, which registers TensorFlow.js's backend `tensorflow`.
 *
 * @throws E_ENGINE where it is not installed, or does not load
 */
export function loadTensorflowNode(id: "tfjs-node" | "tfjs-node-gpu"): EagerTfBackend {
  restoreRemovedChecks();
  try {
    requireHere(`@tensorflow/${id}`);
  } catch (cause) {
    throw new AppError("E_ENGINE", { detail: `@tensorflow/${id} does not load (${firstLine(cause)})` }, { cause });
  }
  return "tensorflow";
}

/** Whether the package is there at all. */
export function isTensorflowNodeInstalled(id: "tfjs-node" | "tfjs-node-gpu"): boolean {
  try {
    requireHere.resolve(`@tensorflow/${id}`);
    return true;
  } catch {
    return false;
  }
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
