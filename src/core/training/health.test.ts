import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { afterSkipping, HEALTHY, mayUpdate, stopAtSecondInARow } from "./health.ts";

describe("the non-finite guard", () => {
  it("allows an update only with a finite loss and a finite norm", () => {
    expect(mayUpdate({ lossSum: 3, gradNorm: 1 })).toBe(true);
    expect(mayUpdate({ lossSum: NaN, gradNorm: 1 })).toBe(false);
    expect(mayUpdate({ lossSum: 3, gradNorm: Infinity })).toBe(false);
  });

  it("bears skipped steps with good ones between them, and stops at two in a row", () => {
    const apart = afterSkipping(afterSkipping(HEALTHY, 4), 6);
    expect(() => stopAtSecondInARow(apart)).not.toThrow();
    expect(() => stopAtSecondInARow(afterSkipping(apart, 7))).toThrow(new AppError("E_LOSS_NOT_FINITE", { step: 7 }));
  });
});
