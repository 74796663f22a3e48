/** @file Bulk edits prepared once for a change: patterns compiled, tool lists that many trajectories share edited once. */
import { CONTENT_OPERATIONS, type ContentOperation } from "#contracts/bulk.ts";
import type { Operation } from "#contracts/changes.ts";
import { prepareBulkEdit, type BulkEdit } from "#core/trajectories/bulk/bulkEdit.ts";
import type { Store } from "#store/index.ts";

let last: { readonly key: string; readonly edit: BulkEdit } | null = null;

const keyOf = (store: Store, operation: ContentOperation): string => `${store.path} ${JSON.stringify(operation)}`;

/** A batch reads its operation anew from the database, so it is known by what it says. */
export function bulkEditOf(store: Store, operation: ContentOperation): BulkEdit {
  return last?.key === keyOf(store, operation) ? last.edit : prepareAnew(store, operation);
}

/** For a walk that begins: tools may have come since the last one. */
export function prepareAnew(store: Store, operation: ContentOperation): BulkEdit {
  const edit = prepareBulkEdit(operation, operation.type === "leaveOut" ? { knownTools: store.contents.toolNames() } : {});
  last = { key: keyOf(store, operation), edit };
  return edit;
}

/** Before anything is written: throws `E_OPERATION_INVALID` for a pattern or a name that cannot be used. */
export function requireValid(store: Store, operation: Operation): void {
  if (isContentOperation(operation)) prepareAnew(store, operation);
}

export const isContentOperation = (operation: Operation): operation is ContentOperation => CONTENT_TYPES.has(operation.type);

const CONTENT_TYPES: ReadonlySet<string> = new Set(CONTENT_OPERATIONS.map((schema) => schema.shape.type.value));
