/** @file Errors as they arrive over a connection, made ours again. */
import { ORPCError } from "@orpc/client";
import { AppError, ERRORS, type ErrorCode, type ErrorParams } from "#contracts/errors.ts";

/** The core sends `AppError.toJSON()` as the error's data; anything else that arrives is a bug, with its words kept. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof ORPCError) {
    const data = thrown.data as { code?: unknown; params?: ErrorParams } | undefined;
    const code = typeof data?.code === "string" ? data.code : thrown.code;
    if (code in ERRORS) return new AppError(code as ErrorCode, data?.params ?? {}, { cause: thrown });
    return new AppError("E_BUG", { detail: thrown.message }, { cause: thrown });
  }
  return AppError.from(thrown);
}
