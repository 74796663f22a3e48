/**
 * @file `npm run bench -- NAME [--json] [options]`: runs one benchmark and prints its report; `NAME --help` says what it measures and takes.
 * Ends with 1 where a bar does not hold or the benchmark fails, with 2 after wrong use.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isUsageError } from "./parts/options.ts";
import { describeBench } from "./parts/describeBench.ts";
import { reportOf, tableOf, type Bench } from "./report.ts";

/** A benchmark is a file of its own that exports `bench`. */
const PARTS = ["index.ts", "report.ts"];
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !PARTS.includes(file))
  .map((file) => file.slice(0, -".ts".length));

const describe = (of: string): string => describeBench(readFileSync(join(import.meta.dirname, `${of}.ts`), "utf8"));
const [name = "", ...rest] = process.argv.slice(2);
if (!names.includes(name)) {
  const list = names.map((each) => `  ${each.padEnd(10)}${describe(each).split("\n\n")[0]!.replaceAll("\n", " ")}`);
  process.stderr.write(`Usage: npm run bench -- NAME [--json] [options]\n       npm run bench -- NAME --help\n${list.join("\n")}\n`);
  process.exit(2);
}
if (rest.includes("--help")) {
  process.stdout.write(`${describe(name)}\n`);
  process.exit(0);
}
const { bench } = (await import(join(import.meta.dirname, `${name}.ts`))) as { bench: Bench };
const asJson = rest.includes("--json");
const note = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  const report = reportOf(name, await bench({ args: rest.filter((arg) => arg !== "--json"), note }));
  process.stdout.write(`${asJson ? JSON.stringify(report) : tableOf(report)}\n`);
  process.exitCode = report.holds ? 0 : 1;
} catch (error) {
  note(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = isUsageError(error) ? 2 : 1;
}
