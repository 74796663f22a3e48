/** @file A refused row in the words of the error table, with the byte of the file where reading stopped. */
import { ERRORS, type ErrorCode, type ErrorParams } from "#contracts/errors.ts";
import type { LedgerRow } from "#contracts/imports.ts";

export type Refusal = NonNullable<LedgerRow["refusal"]>;

export function refusal(code: ErrorCode, params: ErrorParams, byteOffset: number): Refusal {
  return { code, message: ERRORS[code].why(params), fix: ERRORS[code].fix, byteOffset };
}
