/** @file The catalogue of tools. Reads only; definitions are edited by `changes.apply`. */
import { oc, type as output } from "@orpc/contract";
import { z } from "zod";
import { TOOL_LISTS, TOOL_ORDERS, type ToolDetail, type ToolPage } from "../tools.ts";
import type { ToolDefinition } from "../trajectory.ts";

export const tools = {
  list: oc
    .input(
      z.object({
        /** Parts of a name, all of which it must have. */
        text: z.string().max(1000).default(""),
        list: z.enum(TOOL_LISTS).default("all"),
        order: z.enum(TOOL_ORDERS).default("calls"),
        descending: z.boolean().default(true),
        offset: z.int().nonnegative().default(0),
        limit: z.int().min(1).max(500).default(200),
        /** A tool whose place in the list is asked for. */
        find: z.string().max(10_000).optional(),
      }),
    )
    .output(output<ToolPage>()),
  /** One of them with its definitions. */
  get: oc.input(z.object({ name: z.string().max(10_000) })).output(output<ToolDetail>()),
  /** One definition by the id that it has in the answers of `get` and in filters. */
  definition: oc.input(z.object({ id: z.int().positive() })).output(output<ToolDefinition>()),
};
