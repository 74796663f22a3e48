import { expect, it } from "vitest";
import { columnShapes } from "./columnWidths.ts";

it("columns are as wide as what stands in them, within bounds; numbers are told from ids and texts", () => {
  const columns = ["id", "n", "text", "empty"].map((name) => ({ name, isTrajectory: name === "id" }));
  const shapes = columnShapes({
    columns,
    rows: [
      [1, 12, "x".repeat(500), null],
      [2, null, "", null],
    ],
    cut: null,
    ms: 1,
  });
  expect(shapes.map(({ isNumber }) => isNumber)).toEqual([false, true, false, false]);
  expect(shapes[2]!.width).toBe(420);
  expect(shapes[1]!.width).toBe(48);
  expect(shapes[0]!.width).toBeGreaterThan(shapes[1]!.width);
});
