/** @file Errors of procedures, as the command line says them. */
import { ORPCError } from "@orpc/client";
import { AppError, ERRORS, type ErrorCode, type ErrorParams } from "#contracts/errors.ts";

interface IssueLike {
  readonly message: string;
  readonly path?: readonly PropertyKey[];
}

/** Whatever a command threw: ours as they are, those of a procedure with the parameters they carry, refused input as wrong use. */
export function toAppError(thrown: unknown): AppError {
  if (!(thrown instanceof ORPCError)) return AppError.from(thrown);
  const data = thrown.data as { readonly params?: ErrorParams; readonly issues?: readonly IssueLike[] } | undefined;
  if (thrown.code === "BAD_REQUEST") {
    const issues = (data?.issues ?? []).map(({ path = [], message }) => `${path.map(String).join(".")}: ${message}`);
    return new AppError("E_USAGE", { detail: issues.length === 0 ? thrown.message : issues.join("; ") }, { cause: thrown });
  }
  if (thrown.code in ERRORS) return new AppError(thrown.code as ErrorCode, data?.params ?? {}, { cause: thrown.cause ?? thrown });
  return AppError.from(thrown);
}
