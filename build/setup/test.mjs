/**
 * @file `npm test`: sets up what is missing, then runs every check and test there is, and ends with one line that counts them all.
 *
 * A check that fails does not keep the others from running. With a path (`npm test -- src/core/tokenizer`) only the tests under it run;
 * other arguments go to the unit tests' runner, or to the end-to-end tests' where the path is one of theirs.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { prepareBuild } from "./built.mjs";
import { prepareChromium } from "./chromium.mjs";
import { prepareDependencies } from "./dependencies.mjs";
import { root, runEntry, runProgram, say, SetupError } from "./say.mjs";

const reports = join(root, "test-results");
const module = (path) => join(root, "node_modules", path);

/** Checks that either hold or do not; each counts as one. */
const CHECKS = [
  { name: "types", args: [module("vue-tsc/bin/vue-tsc.js"), "-b", "--noEmit"] },
  { name: "lint", args: [module("eslint/bin/eslint.js"), ".", "--max-warnings", "0"] },
  { name: "format", args: [module("prettier/bin/prettier.cjs"), "--check", ".", "--log-level", "warn"] },
  {
    name: "rules",
    args: [module("dependency-cruiser/bin/dependency-cruise.mjs"), "src", "--config", ".dependency-cruiser.cjs", "--output-type", "err"],
  },
];

const readReport = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
};

/** A runner that fails without a failing test (a file that does not load, a crash) counts as one failure. */
const settle = (counts, code) => (code === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 });

async function runCheck(node, { name, args }) {
  say(`checking ${name}`);
  const { code } = await runProgram(node, args);
  if (code !== 0) say(`${name}: failed`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

/** One run of the unit tests' runner; `undefined` for what it found where it ended without saying. */
async function runUnitFiles(node, args) {
  const file = join(reports, "unit.json");
  rmSync(file, { force: true });
  const reporters = ["--reporter=default", `--reporter=${join(root, "build/setup/unitReporter.mjs")}`];
  const env = { ...process.env, CALLSMITH_UNIT_REPORT: file };
  const { code } = await runProgram(node, [module("vitest/vitest.mjs"), "run", ...reporters, ...args], { env });
  return { code, found: readReport(file) };
}

/**
 * A file whose process ended before its tests did says nothing about them: it is run once more, alone, and both are said. Where it ends
 * early again, or where another error stands beside it, that is a failure.
 */
async function runUnitTests(node, args) {
  say("running the unit tests");
  const first = await runUnitFiles(node, args);
  const counts = { passed: first.found?.passed ?? 0, failed: 0, skipped: first.found?.skipped ?? [] };
  const failures = [...(first.found?.failures ?? [])];
  const unfinished = first.found?.unfinished ?? [];
  const errors = first.found?.errors ?? [];
  if (unfinished.length === 0 || errors.length > unfinished.length) failures.push(...errors);
  if (unfinished.length > 0) {
    say(`running once more, because their process ended early: ${unfinished.join(", ")}`);
    const again = await runUnitFiles(node, unfinished);
    counts.passed += again.found?.passed ?? 0;
    counts.skipped.push(...(again.found?.skipped ?? []));
    failures.push(...(again.found?.failures ?? []), ...(again.found?.errors ?? [`${unfinished.join(", ")}: no result`]));
  }
  for (const failure of failures) say(`failed: ${failure}`);
  for (const message of errors) say(`an error of no test: ${message}`);
  counts.failed = failures.length;
  return unfinished.length > 0 ? counts : settle(counts, first.code);
}

function* specsOf(suites) {
  for (const suite of suites ?? []) {
    yield* suite.specs ?? [];
    yield* specsOf(suite.suites);
  }
}

function endToEndCounts(report) {
  const counts = { passed: 0, failed: report?.errors?.length ?? 0, skipped: [] };
  for (const spec of specsOf(report?.suites)) {
    for (const test of spec.tests) {
      if (test.status === "skipped") {
        const reason = test.annotations.find((note) => note.type === "skip")?.description;
        counts.skipped.push(reason === undefined ? spec.title : `${spec.title} (${reason})`);
      } else if (test.status === "unexpected") counts.failed++;
      else counts.passed++;
    }
  }
  return counts;
}

async function runEndToEndTests(node, args) {
  let chromium;
  try {
    await prepareBuild(node);
    chromium = await prepareChromium(node);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return { passed: 0, failed: 1, skipped: [] };
  }
  say(`running the end-to-end tests in ${chromium}`);
  const file = join(reports, "e2e.json");
  rmSync(file, { force: true });
  const env = { ...process.env, CHROMIUM_PATH: chromium };
  const { code } = await runProgram(node, [module("@playwright/test/cli.js"), "test", ...args], { env });
  return settle(endToEndCounts(readReport(file)), code);
}

/** Which runners the arguments ask for; none means everything. */
function selectionOf(args) {
  const paths = args.filter((arg) => !arg.startsWith("-") && /[/\\.]/.test(arg));
  if (paths.length === 0) return { everything: args.length === 0, unit: args };
  const isEndToEnd = (path) => /(^|[/\\])e2e([/\\]|$)|\.spec\.ts/.test(path);
  return paths.every(isEndToEnd) ? { e2e: args } : { unit: args };
}

function report(results) {
  const total = { passed: 0, failed: 0, skipped: [] };
  for (const { name, counts } of results) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped.push(...counts.skipped);
    say(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`);
  }
  for (const reason of total.skipped) say(`skipped: ${reason}`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped\n`);
  return total.failed === 0 ? 0 : 1;
}

runEntry(async () => {
  const selection = selectionOf(process.argv.slice(2));
  const node = await prepareDependencies();
  mkdirSync(reports, { recursive: true });
  const results = [];
  if (selection.everything) for (const check of CHECKS) results.push({ name: check.name, counts: await runCheck(node, check) });
  if (selection.unit) results.push({ name: "unit tests", counts: await runUnitTests(node, selection.unit) });
  if (selection.everything || selection.e2e) {
    results.push({ name: "end-to-end tests", counts: await runEndToEndTests(node, selection.e2e ?? []) });
  }
  return report(results);
});
