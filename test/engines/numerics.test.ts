/**
 * The same numbers on every engine that is present. WebGPU runs on a GPU where there is one, else on the software Vulkan that Chromium
 * brings (Debian: chromium, chromium-common); `REQUIRE_WEBGPU=1` makes its absence a failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ENGINE_IDS, type EngineId, type EngineReport } from "#contracts/engines.ts";
import { numbersOn, type EngineNumbers } from "../fixtures/engineNumbers.ts";

interface Answer {
  readonly report: EngineReport;
  readonly numbers: EngineNumbers | null;
}

const SCRIPT = resolve(import.meta.dirname, "../fixtures/engineNumbers.ts");
const SOFTWARE_VULKAN = ["/usr/lib/chromium/vk_swiftshader_icd.json", "/usr/lib/chromium-browser/vk_swiftshader_icd.json"];

function answerOf(id: EngineId, env: NodeJS.ProcessEnv = {}): Answer {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [SCRIPT, id], {
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`trying ${id} ended with ${signal ?? status}: ${stderr.slice(-600)}`);
  return JSON.parse(stdout) as Answer;
}

/** On a real device, or on software. */
function tried(id: EngineId): Answer {
  const answer = answerOf(id);
  const driver = SOFTWARE_VULKAN.find((path) => existsSync(path));
  if (answer.report.isUsable || id !== "webgpu" || driver === undefined) return answer;
  return answerOf(id, { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: dirname(driver) });
}

function largestDifference(actual: readonly number[], expected: readonly number[]): number {
  const size = Math.max(1e-12, ...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / size;
}

// a key's bias shifts all scores of a query alike: its gradient is exactly 0, and what is computed is rounding
const isRounding = (name: string): boolean => name.endsWith("k_proj.bias");

describe("loss, gradients, features and ten steps of AdamW are those of the reference", () => {
  let reference: EngineNumbers;
  beforeAll(async () => {
    reference = await numbersOn("eager");
  }, 120_000);

  it.for(ENGINE_IDS.filter((id) => id !== "eager"))("on %s", { timeout: 300_000 }, (id, context) => {
    const { report, numbers } = tried(id);
    if (numbers === null) {
      if (id === "webgpu" && process.env["REQUIRE_WEBGPU"] === "1") throw new Error(`${report.found} ${report.remedy}`);
      return context.skip(`${report.found} ${report.remedy ?? ""}`);
    }
    expect(Math.abs(numbers.lossSum / reference.lossSum - 1)).toBeLessThan(1e-5);
    expect(Object.keys(numbers.gradients)).toEqual(Object.keys(reference.gradients));
    for (const [name, gradient] of Object.entries(numbers.gradients)) {
      if (isRounding(name)) expect(Math.max(...gradient.map(Math.abs)), name).toBeLessThan(1e-4);
      else expect(largestDifference(gradient, reference.gradients[name]!), name).toBeLessThan(1e-4);
    }
    // weights twelve times the usual size in two layers make much of a rounding to 11 bits
    for (const [name, gradient] of Object.entries(numbers.halfGradients ?? {})) {
      if (!isRounding(name)) expect(largestDifference(gradient, reference.gradients[name]!), `${name} in half precision`).toBeLessThan(0.1);
    }
    for (const [name, values] of Object.entries(reference.features))
      expect(largestDifference(numbers.features[name]!, values), name).toBeLessThan(1e-3);
    expect(numbers.losses).toHaveLength(10);
    expect(largestDifference(numbers.losses, reference.losses)).toBeLessThan(1e-5);
    expect(largestDifference(numbers.gradNorms, reference.gradNorms)).toBeLessThan(1e-5);
    for (const [name, moved] of Object.entries(numbers.moved)) {
      if (!isRounding(name)) expect(largestDifference(moved, reference.moved[name]!), name).toBeLessThan(1e-3);
    }
    expect(numbers.isResumedEqual).toBe(true);
  });
});
