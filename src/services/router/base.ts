/** @file What every procedure shares: the contract, the core as context, and how errors of ours travel. */
import { implement, ORPCError } from "@orpc/server";
import { AppError } from "#contracts/errors.ts";
import { contract } from "#contracts/procedures/index.ts";
import type { Core } from "../core.ts";

export interface RouterContext {
  readonly core: Core;
}

/** Errors travel with code, parameters, message and fix; the page shows them as they are. */
export const base = implement(contract)
  .$context<RouterContext>()
  .use(async ({ next }) => {
    try {
      return await next();
    } catch (thrown) {
      throw overTheWire(thrown);
    }
  });

function overTheWire(thrown: unknown): unknown {
  // Input that a procedure's schema refuses has its own, standard error.
  if (thrown instanceof ORPCError) return thrown;
  const error = AppError.from(thrown);
  const { code, params, message, fix } = error.toJSON();
  const status = error.class === "user" ? 400 : 500;
  return new ORPCError(code, { status, message, data: { code, params, message, fix }, cause: thrown });
}
