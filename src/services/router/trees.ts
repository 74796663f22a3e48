/** @file Procedures of search trees. */
import { chooseBranch, getSearchTree, previewBranch } from "../searchTrees.ts";
import { base } from "./base.ts";

export const trees = {
  get: base.trees.get.handler(({ context, input }) => getSearchTree(context.core, input.trajectoryId)),
  preview: base.trees.preview.handler(({ context, input }) => previewBranch(context.core, input.trajectoryId, input.leaf)),
  choose: base.trees.choose.handler(({ context, input }) => chooseBranch(context.core, input)),
};
