import { expect, it } from "vitest";
import { mergingInWords } from "./mergingInWords.ts";

it("says how many rows became how many sequences, and what that saves", () => {
  const plan = { numExamples: 20, numTokens: 37692 };
  expect(mergingInWords({ ...plan, merged: { numRows: 41, numRowTokens: 70319 } })).toBe(
    "41 rows -> 20 sequences, 46 % fewer tokens (70,319 -> 37,692)",
  );
  expect(mergingInWords({ ...plan, merged: { numRows: 20, numRowTokens: 37692 } })).toBe("20 rows, none the beginning of another");
  expect(mergingInWords({ ...plan, merged: null })).toBe("20 sequences, not merged");
  expect(mergingInWords({ numExamples: 1, numTokens: 5, merged: { numRows: 2, numRowTokens: 10 } })).toBe(
    "2 rows -> 1 sequence, 50 % fewer tokens (10 -> 5)",
  );
});
