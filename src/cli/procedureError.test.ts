import { ORPCError } from "@orpc/client";
import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { toAppError } from "./procedureError.ts";

describe("toAppError", () => {
  it("puts an error of a procedure together again, parameters and all", () => {
    const thrown = new ORPCError("E_FILE_NOT_FOUND", { data: { params: { path: "/a" } } });
    expect(toAppError(thrown)).toMatchObject({ code: "E_FILE_NOT_FOUND", message: "/a does not exist." });
  });

  it("takes input that a schema refuses as wrong use, and names it", () => {
    const thrown = new ORPCError("BAD_REQUEST", { data: { issues: [{ path: ["paths", 0], message: "too short" }] } });
    expect(toAppError(thrown)).toMatchObject({ code: "E_USAGE", message: expect.stringContaining("paths.0: too short") });
  });

  it("leaves ours as they are, and takes everything else as a bug", () => {
    const ours = new AppError("E_CANCELLED", { what: "It" });
    expect(toAppError(ours)).toBe(ours);
    expect(toAppError(new ORPCError("NOT_FOUND")).code).toBe("E_BUG");
    expect(toAppError(new TypeError("x is not a function")).code).toBe("E_BUG");
  });
});
