/** The benchmark of the editor at its smallest size: it makes its workspace, finds everything on the page, and measures all of it. */
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type { BenchReport } from "../../build/bench/report.ts";

test("bench editor measures every part", async () => {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-bench-e2e-"));
  // the sample set alone: real recordings are not part of the product
  const args = ["build/bench/index.ts", "editor", "--json", "--rows", "3600", "--inputs", "2", "--data", join(folder, "none")];
  const report = await new Promise<BenchReport>((resolve, reject) => {
    execFile(process.execPath, args, { env: { ...process.env, TMPDIR: folder } }, (error, output, notes) => {
      // 1: on a busy machine a bar may not hold, which is no fault of the benchmark
      if (error !== null && error.code !== 1) reject(new Error(notes));
      else resolve(JSON.parse(output) as BenchReport);
    });
  });
  const names = report.measures.map(({ measure }) => measure);
  for (const part of [
    "first rows",
    "filter",
    "search",
    "by wheel",
    "by keys",
    "edit saved",
    "edit undone",
    "decision",
    "changed, a second",
    "undone, a second",
  ])
    expect(
      names.some((name) => name.includes(part)),
      part,
    ).toBe(true);
  // only Linux says how much memory a process has held
  const isMissing = ({ measure, value }: { measure: string; value: number | null }): boolean =>
    value === null && (process.platform === "linux" || !measure.startsWith("peak memory"));
  expect(report.measures.filter(isMissing)).toEqual([]);
  expect(report.measures.filter(({ bar }) => bar !== null).length).toBeGreaterThanOrEqual(9);
});
