import { expect, it } from "vitest";
import { toCsv } from "./csv.ts";

it("an answer is CSV that keeps commas, quotes, line ends and numbers", () => {
  const columns = ["id", "a,b"].map((name) => ({ name, isTrajectory: false }));
  const rows = [
    [1, 'say "hi"'],
    [null, "two\nlines"],
    [0.5, ""],
  ];
  expect(toCsv({ columns, rows })).toBe('id,"a,b"\r\n1,"say ""hi"""\r\n,"two\nlines"\r\n0.5,\r\n');
});
