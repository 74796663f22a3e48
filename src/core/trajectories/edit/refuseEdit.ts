/** @file How an edit that cannot be made says so: the place, the reason, and nothing changed. */
import { AppError } from "#contracts/errors.ts";

/** @param turnIndex counted from 0; shown counted from 1, as screens do */
export function refuseEdit(turnIndex: number, detail: string): never {
  throw new AppError("E_EDIT_REFUSED", { place: `turn ${turnIndex + 1}`, detail });
}

export function refuseToolEdit(toolName: string, detail: string): never {
  throw new AppError("E_EDIT_REFUSED", { place: `the tool "${toolName}"`, detail });
}
