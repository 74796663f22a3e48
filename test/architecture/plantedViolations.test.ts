/** Plants a forbidden import in a temporary file under src/ and expects the rule that forbids it to name it. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const MARK = `planted${process.pid}`;

/** File (MARK stands in its name), its text, and the rule expected. */
const PLANTS: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["layer-contracts", `contracts/${MARK}.ts`, 'export type { PAGE_COMMANDS } from "../main/menu.ts";'],
  ["layer-core", `core/training/${MARK}.ts`, 'export * from "../../services/version.ts";'],
  ["layer-engine", `engine/${MARK}.ts`, 'export * from "#services/version.ts";'],
  ["layer-store", `store/${MARK}.ts`, 'import type { Place } from "../cli/workbench.ts"; export type P = Place;'],
  ["layer-services", `services/${MARK}.ts`, 'export * from "../main/backOff.ts";'],
  ["layer-worker", `worker/${MARK}.ts`, 'export * from "../main/backOff.ts";'],
  ["layer-main", `main/${MARK}.ts`, 'export * from "../server/server.ts";'],
  ["layer-preload", `preload/${MARK}.ts`, 'export * from "#services/version.ts";'],
  ["layer-server", `server/${MARK}.ts`, 'export * from "#store/ids.ts";'],
  ["layer-cli", `cli/${MARK}.ts`, 'export * from "#store/ids.ts";'],
  ["layer-renderer", `renderer/${MARK}.ts`, 'export * from "../services/version.ts";'],
  ["stage-trajectories", `core/trajectories/${MARK}.ts`, 'export * from "../training/schedule.ts";'],
  ["stage-tokenizer", `core/tokenizer/${MARK}.ts`, 'export * from "../model/config.ts";'],
  ["core-is-pure", `core/training/${MARK}Node.ts`, 'export { join } from "node:path";'],
  ["tensors-only-in-model-and-engine", `services/${MARK}Tensors.ts`, 'export { tensor } from "@tensorflow/tfjs-core";'],
  ["onnx-only-in-engine", `worker/${MARK}Onnx.ts`, 'export { Tensor } from "onnxruntime-node";'],
  ["sqlite-only-in-store", `services/${MARK}Sql.ts`, 'import Database from "better-sqlite3"; export { Database };'],
  ["sqlite-only-in-store", `services/${MARK}NodeSql.ts`, 'export { DatabaseSync } from "node:sqlite";'],
  ["electron-only-in-main-and-preload", `server/${MARK}Electron.ts`, 'export { app } from "electron";'],
  ["layer-renderer", `renderer/${MARK}Tokens.ts`, 'export * from "#core/tokenizer/chatTemplate.ts";'],
  ["page-compiles-no-schemas", `renderer/${MARK}Schemas.ts`, 'export * from "#core/trajectories/checkCalls.ts";'],
  ["components-have-no-data-access", `renderer/components/${MARK}.ts`, `export * from "../transport/${MARK}.ts";`],
  ["features-are-islands", `renderer/features/${MARK}A/a.ts`, `export * from "../${MARK}B/b.ts";`],
  ["no-circular", `services/${MARK}One.ts`, `import { two } from "./${MARK}Two.ts"; export const one = () => two;`],
  ["no-unknown-folder", `${MARK}folder/lost.ts`, 'export * from "../services/version.ts";'],
  ["no-unlisted-file", `${MARK}folder/lonely.ts`, "export const nothing = 1;"],
  ["no-unlisted-file", `core/${MARK}stage/lonely.ts`, "export const nothing = 1;"],
  ["not-resolvable", `services/${MARK}Nowhere.ts`, 'export * from "./thereIsNoSuchFile.ts";'],
];

/** What the plants above import; allowed by themselves. */
const COMPANIONS: readonly (readonly [path: string, text: string])[] = [
  [`renderer/transport/${MARK}.ts`, "export const ask = 1;"],
  [`renderer/features/${MARK}B/b.ts`, "export const b = 1;"],
  [`services/${MARK}Two.ts`, `import { one } from "./${MARK}One.ts"; export const two = () => one;`],
];

const planted = [...PLANTS.map(([, path, text]) => [path, text] as const), ...COMPANIONS];
const folders = [`${MARK}folder`, `core/${MARK}stage`, `renderer/features/${MARK}A`, `renderer/features/${MARK}B`];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}
let violations: readonly Violation[];

function uproot(): void {
  for (const [path] of planted) rmSync(join(root, "src", path), { force: true });
  for (const folder of folders) rmSync(join(root, "src", folder), { recursive: true, force: true });
}

beforeAll(async () => {
  for (const [path, text] of planted) {
    const file = join(root, "src", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  try {
    const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
    const files = planted.map(([path]) => join("src", path));
    const args = [program, ...files, "--config", ".dependency-cruiser.cjs", "--output-type", "json"];
    // exits with the number of violations, which are expected here
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 256 << 20 }).catch(
      (error: { stdout: string; stderr: string }) => {
        if (!error.stdout.startsWith("{")) throw new Error(error.stderr);
        return error;
      },
    );
    violations = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
  } finally {
    uproot();
  }
});
afterAll(uproot);

describe("the rules of .dependency-cruiser.cjs", () => {
  it.each(PLANTS)("%s names src/%s", (rule, path) => {
    const names = violations.filter(({ from }) => from === `src/${path}`).map((violation) => violation.rule.name);
    expect(names).toContain(rule);
  });

  it("have nothing against what the planted files import rightly", () => {
    const [transport, feature] = COMPANIONS;
    const innocent = [transport![0], feature![0]].map((path) => `src/${path}`);
    expect(violations.filter(({ from }) => innocent.includes(from))).toEqual([]);
  });
});

describe("the tables of .dependency-cruiser.cjs", () => {
  it("are tried here, rule by rule", async () => {
    const config = (await import(join(root, ".dependency-cruiser.cjs"))) as { default: { forbidden: { name: string }[] } };
    const rules = config.default.forbidden.map(({ name }) => name);
    // the last stages have no code yet, and a stage may import all those before the last
    const untried = ["stage-quality", "stage-model", "stage-training", "stage-evaluation", "stage-attribution"];
    expect(rules.filter((name) => !untried.includes(name)).sort()).toEqual([...new Set(PLANTS.map(([rule]) => rule))].sort());
  });
});
