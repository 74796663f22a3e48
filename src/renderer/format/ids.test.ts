import { describe, expect, it } from "vitest";
import { trajectoryIdIn, trajectoryIdOf } from "./ids.ts";

describe("the id of a trajectory", () => {
  it("is read as people write it", () => {
    for (const text of ["T-00012", "t-12", "T12", " #12 ", "#0012"]) {
      expect(trajectoryIdIn(text), text).toEqual({ id: "T-00012", isOnlyNumber: false });
    }
    expect(trajectoryIdIn("12")).toEqual({ id: "T-00012", isOnlyNumber: true });
    expect(trajectoryIdIn("T-123456")?.id).toBe("T-123456");
    expect(trajectoryIdOf(7)).toBe("T-00007");
  });

  it("is not seen in words, in other ids, or in nought", () => {
    for (const text of ["", "12 oslo", "r-003", "1.5", "#", "T-", "0", "#0", "12345678901"]) expect(trajectoryIdIn(text), text).toBeNull();
  });
});
