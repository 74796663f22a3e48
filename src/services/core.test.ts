import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRouterClient } from "@orpc/server";
import { describe, expect, it } from "vitest";
import { coreOptions, openTestCore, ROOT, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import { openCore } from "./core.ts";
import { router } from "./router/index.ts";
import { isSampleWorkspace, prepareSampleWorkspace } from "./sampleWorkspace.ts";
import { VERSION } from "./version.ts";

const row = (user: string) =>
  JSON.stringify({
    messages: [
      { role: "user", content: user },
      { role: "assistant", content: "Yes." },
    ],
  });

describe("a workspace", () => {
  it("is made in a missing or an empty folder, and opened again with what it holds", async () => {
    const folder = join(temporaryFolder(), "deep", "workspace");
    const first = openCore(coreOptions(folder));
    first.store.settings.set("colour", "green");
    await first.close();
    const second = openTestCore(folder);
    expect(second.store.settings.get("colour")).toBe("green");
  });

  it("is never made among other people's files", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "thesis.txt"), "words");
    expect(() => openCore(coreOptions(folder))).toThrow(expect.objectContaining({ code: "E_WORKSPACE_MISSING" }));
    expect(() => openCore(coreOptions(join(folder, "thesis.txt")))).toThrow(expect.objectContaining({ code: "E_WORKSPACE_MISSING" }));
    expect(existsSync(join(folder, "workspace.sqlite"))).toBe(false);
  });

  it("has one writer: a second core is refused until the first has closed", async () => {
    const folder = join(temporaryFolder(), "workspace");
    const first = openCore(coreOptions(folder));
    expect(() => openCore(coreOptions(folder))).toThrow(expect.objectContaining({ code: "E_DATABASE_LOCKED", params: { path: folder } }));
    await first.close();
    openTestCore(folder);
  });

  it("is free again as soon as a process that had it open was killed", async () => {
    const folder = join(temporaryFolder(), "workspace");
    const script = `
      import { openCore } from "#services/core.ts";
      openCore(${JSON.stringify(coreOptions(folder))});
      process.stdout.write("open");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", script], { cwd: ROOT });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(() => openCore(coreOptions(folder))).toThrow(expect.objectContaining({ code: "E_DATABASE_LOCKED" }));
    child.kill("SIGKILL");
    await ended;
    openTestCore(folder);
  });

  it("with a damaged database is refused, and free for another try", () => {
    const folder = join(temporaryFolder(), "workspace");
    mkdirSync(folder);
    writeFileSync(join(folder, "workspace.sqlite"), "not a database, but of some length");
    for (let i = 0; i < 2; i++) {
      expect(() => openCore(coreOptions(folder))).toThrow(expect.objectContaining({ code: "E_DATABASE_CORRUPT" }));
    }
  });

  it("names the product's version", () => {
    expect(VERSION).toBe((JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version);
  });
});

describe("the procedures", () => {
  const clientOf = () => {
    const core = openTestCore();
    return { core, client: createRouterClient(router, { context: { core } }) };
  };

  it("import, list, count, open and find one again", async () => {
    const { core, client } = clientOf();
    const file = join(temporaryFolder(), "rows.jsonl");
    writeFileSync(file, ["one", "two", "three"].map(row).join("\n"));
    const { jobId } = await client.sources.import({ paths: [file] });
    expect((await core.jobs.ended(jobId)).state).toBe("done");
    expect(await client.workspace.get()).toMatchObject({ name: "workspace", isSample: false, numTrajectories: 3, numRuns: 0 });
    const page = await client.trajectories.list({ filter: {}, offset: 1, limit: 1 });
    expect(page).toMatchObject({ total: 3, offset: 1, rows: [{ id: "T-00002", title: "two", source: "rows.jsonl" }] });
    expect(await client.trajectories.facets({ filter: {} })).toMatchObject({ sources: [{ value: "rows.jsonl", count: 3 }] });
    expect(await client.trajectories.get({ id: "T-00003" })).toMatchObject({
      summary: { title: "three" },
      checks: { 1: { findings: [] } },
    });
    expect(await client.trajectories.offsetOf({ id: "T-00003", filter: {} })).toEqual({ offset: 2 });
    const [source] = await client.sources.list();
    expect(await client.sources.ledger({ sourceId: source!.id, limit: 2 })).toMatchObject({
      total: 3,
      rows: [{ rowIndex: 0 }, { rowIndex: 1 }],
    });
    expect((await client.jobs.list()).some((job) => job.id === jobId)).toBe(true);
  });

  it("answer an error of ours with its code, parameters, sentence and fix", async () => {
    const { client } = clientOf();
    await expect(client.trajectories.get({ id: "T-00099" })).rejects.toMatchObject({
      code: "E_NOT_FOUND",
      status: 400,
      data: { code: "E_NOT_FOUND", params: { what: "trajectory", id: "T-00099" }, fix: expect.any(String), message: expect.any(String) },
    });
    await expect(client.sources.import({ paths: ["/nowhere/at/all"] })).rejects.toMatchObject({ code: "E_FILE_NOT_FOUND" });
    await expect(client.sources.browse({ path: "/nowhere/at/all" })).rejects.toMatchObject({ code: "E_FILE_NOT_FOUND" });
    await expect(client.trajectories.list({ filter: {}, offset: -1, limit: 1 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("show folders before files and nothing hidden", async () => {
    const { client } = clientOf();
    const folder = temporaryFolder();
    mkdirSync(join(folder, "z folder"));
    for (const name of ["a10.json", "a9.json", ".hidden"]) writeFileSync(join(folder, name), "{}");
    const { entries, parent } = await client.sources.browse({ path: folder });
    expect(entries.map((entry) => [entry.name, entry.kind, entry.numBytes])).toEqual([
      ["z folder", "folder", 0],
      ["a9.json", "file", 2],
      ["a10.json", "file", 2],
    ]);
    expect(join(parent!, "x")).toBe(join(folder, "..", "x"));
  });
});

describe("the sample workspace", () => {
  it("imports the sample set once, and goes on with an import that was stopped", async () => {
    const datasetsDir = temporaryFolder();
    mkdirSync(join(datasetsDir, "sample"));
    writeFileSync(join(datasetsDir, "sample", "trajectories.jsonl"), ["one", "two"].map(row).join("\n"));
    const workspaceDir = join(temporaryFolder(), "workspace");
    const options = { ...coreOptions(workspaceDir), datasetsDir };
    const first = openCore(options);
    const started = prepareSampleWorkspace(first)!;
    first.jobs.cancel(started.id);
    expect((await started.ended).state).toBe("cancelled");
    await first.close();
    const second = openCore(options);
    expect(isSampleWorkspace(second)).toBe(true);
    expect((await prepareSampleWorkspace(second)!.ended).state).toBe("done");
    expect(second.store.trajectories.count()).toBe(2);
    expect(prepareSampleWorkspace(second)).toBeNull();
    await second.close();
  });
});
