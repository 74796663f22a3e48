/**
 * @file What `npm test` needs to know of a run of the unit tests, as one JSON file: how many tests passed, which failed and why, which were
 * skipped, which files' processes ended before their tests did, and errors that belong to no test.
 */
import { writeFileSync } from "node:fs";

/** An error that belongs to no test is often named by its cause alone: the code or the signal a process ended with. */
const sentence = ({ message, cause }) => (cause === undefined ? message : `${message} ${cause.message}`);

/** @implements {import("vitest/node").Reporter} */
export default class UnitReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const found = { passed: 0, failures: [], skipped: [], unfinished: [], errors: unhandledErrors.map(sentence) };
    for (const module of modules) {
      const file = module.relativeModuleId;
      const tests = [...module.children.allTests()];
      for (const { message } of module.errors()) found.failures.push(`${file}: ${message}`);
      if (tests.some((test) => test.result().state === "pending") || module.state() === "queued" || module.state() === "pending") {
        found.unfinished.push(file);
        continue;
      }
      for (const test of tests) {
        const { state, errors } = test.result();
        if (state === "passed") found.passed++;
        else if (state === "skipped") found.skipped.push(test.fullName);
        else found.failures.push(`${file}: ${test.fullName}: ${errors[0]?.message ?? "no message"}`);
      }
    }
    writeFileSync(process.env.CALLSMITH_UNIT_REPORT, JSON.stringify(found));
  }
}
