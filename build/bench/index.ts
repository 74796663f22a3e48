/** @file `npm run bench -- NAME [--json] [options]`: runs one benchmark, prints its report, ends with 1 where a bar does not hold. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { reportOf, type Bench, type Measure } from "./report.ts";

/** A benchmark is a file of its own that exports `bench`. */
const PARTS = ["index.ts", "report.ts"];
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && !PARTS.includes(file))
  .map((file) => file.slice(0, -".ts".length));

const [name = "", ...rest] = process.argv.slice(2);
const file = join(import.meta.dirname, `${name}.ts`);
if (!names.includes(name) || !existsSync(file)) {
  process.stderr.write(`Usage: npm run bench -- NAME [--json]\nThere are: ${names.join(", ")}.\n`);
  process.exit(2);
}
const { bench } = (await import(file)) as { bench: Bench };
const asJson = rest.includes("--json");
const note = (line: string) => process.stderr.write(`${line}\n`);
const report = reportOf(name, await bench({ args: rest.filter((arg) => arg !== "--json"), note }));
process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : `${tableOf(report.measures)}\n${report.machine}\n`);
process.exit(report.holds ? 0 : 1);

function tableOf(measures: readonly Measure[]): string {
  return measures
    .map(({ measure, value, unit, bar, holds, interval }) => {
      const verdict = holds === null ? "" : holds ? `  holds (${bar})` : `  DOES NOT HOLD (${bar})`;
      const range = interval === null ? "" : `  [${interval[0]}, ${interval[1]}]`;
      return `${measure.padEnd(34)} ${String(value).padStart(10)} ${unit}${range}${verdict}`;
    })
    .join("\n");
}
