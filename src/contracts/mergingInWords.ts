/** @file What merging made of a run's rows, in one line for every screen and terminal. */
import type { DataPlan } from "./run.ts";

const count = (value: number): string => value.toLocaleString("en-GB");
const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** "41 rows -> 20 sequences, 47 % fewer tokens (70,319 -> 37,692)"; a row is one turn trained on with everything before it. */
export function mergingInWords({ merged, numExamples, numTokens }: Pick<DataPlan, "merged" | "numExamples" | "numTokens">): string {
  if (merged === null) return `${counted(numExamples, "sequence")}, not merged`;
  const { numRows, numRowTokens } = merged;
  if (numRows === numExamples) return `${counted(numRows, "row")}, none the beginning of another`;
  const share = Math.round(100 * (1 - numTokens / numRowTokens));
  return `${counted(numRows, "row")} -> ${counted(numExamples, "sequence")}, ${share} % fewer tokens (${count(numRowTokens)} -> ${count(numTokens)})`;
}
