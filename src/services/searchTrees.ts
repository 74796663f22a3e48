/** @file The search behind a trajectory, read again from the file it was imported from; and the choice of another branch. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { BranchPreview, SearchTree } from "#contracts/trees.ts";
import { chosenLeafOf, openSearch, type SearchBranches } from "#core/trajectories/tree/searchBranches.ts";
import { treeNodesOf } from "#core/trajectories/tree/treeNodes.ts";
import type { ReadPath } from "#core/trajectories/formats/toolbenchTree.ts";
import type { Author } from "./changes/changeTrajectories.ts";
import { reviseTrajectory, type Revised } from "./changes/reviseTrajectory.ts";
import type { Core } from "./core.ts";

export function getSearchTree(core: Core, trajectoryId: string): SearchTree | null {
  const search = searchOf(core, trajectoryId);
  if (search === null) return null;
  const { nodes, recordedLeaf } = search;
  const chosenLeaf = chosenLeafOf(core.store.trajectories.get(trajectoryId).trajectory) ?? recordedLeaf;
  return { nodes: treeNodesOf(nodes), numRecorded: nodes.length, recordedLeaf, chosenLeaf };
}

export function previewBranch(core: Core, trajectoryId: string, leaf: number): BranchPreview {
  const { content, rows, changes } = branchOf(core, trajectoryId, leaf);
  return { leaf, turns: content.turns, rows, changes };
}

interface Choice extends Author {
  readonly trajectoryId: string;
  readonly leaf: number;
  readonly baseRevision: number;
}

export function chooseBranch(core: Core, { trajectoryId, leaf, baseRevision, ...author }: Choice): Revised {
  const { content } = branchOf(core, trajectoryId, leaf);
  const title = `Chose the branch to node ${leaf} of ${trajectoryId}`;
  return reviseTrajectory(core, { ...author, id: trajectoryId, baseRevision, content, kind: "tree", title });
}

function branchOf(core: Core, trajectoryId: string, leaf: number): ReadPath {
  const search = searchOf(core, trajectoryId);
  if (search === null) throw new AppError("E_TREE", { trajectory: trajectoryId, detail: "it was not imported from an answer file" });
  const branch = search.branch(leaf);
  if (!branch.ok) throw new AppError("E_TREE", { trajectory: trajectoryId, detail: branch.detail });
  return branch.value;
}

function searchOf(core: Core, trajectoryId: string): SearchBranches | null {
  const { trajectories, sources } = core.store;
  const source = sources.get(trajectories.origin(trajectoryId).sourceId);
  if (source.format !== "toolbench-tree") return null;
  const row = sources.rowsOfTrajectory(trajectoryId, source.id)[0];
  if (row === undefined) return null;
  const search = openSearch(readText(join(core.paths.sources, source.sha256), row.byteOffset, row.byteLength));
  if (!search.ok) throw new AppError("E_TREE", { trajectory: trajectoryId, detail: search.detail });
  return search.value;
}

/** Part of a kept file, which was valid UTF-8 when it was imported. */
function readText(path: string, byteOffset: number, byteLength: number): string {
  const bytes = Buffer.allocUnsafe(byteLength);
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const numRead = readSync(file, bytes, 0, byteLength, byteOffset);
    return bytes.toString("utf8", 0, numRead);
  } catch (error) {
    throw AppError.from(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
