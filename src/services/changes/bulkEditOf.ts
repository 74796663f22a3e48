/** @file Bulk edits prepared once for a change: patterns compiled, tool lists that many trajectories share edited once. */
import { CONTENT_OPERATIONS, type ContentOperation } from "#contracts/bulk.ts";
import type { Operation } from "#contracts/changes.ts";
import { prepareBulkEdit, type BulkEdit } from "#core/trajectories/bulk/bulkEdit.ts";

let last: { readonly key: string; readonly edit: BulkEdit } | null = null;

/** A batch reads its operation anew from the database, so it is known by what it says. */
export function bulkEditOf(operation: ContentOperation): BulkEdit {
  const key = JSON.stringify(operation);
  if (last?.key !== key) last = { key, edit: prepareBulkEdit(operation) };
  return last.edit;
}

/** Before anything is written: throws `E_OPERATION_INVALID` for a pattern or a name that cannot be used. */
export function requireValid(operation: Operation): void {
  if (isContentOperation(operation)) bulkEditOf(operation);
}

export const isContentOperation = (operation: Operation): operation is ContentOperation => CONTENT_TYPES.has(operation.type);

const CONTENT_TYPES: ReadonlySet<string> = new Set(CONTENT_OPERATIONS.map((schema) => schema.shape.type.value));
