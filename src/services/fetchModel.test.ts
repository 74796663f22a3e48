/** Against a hub on this machine; see test/support/hubServer.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Job } from "#contracts/jobs.ts";
import { loadModelFolder } from "#engine/modelFolder.ts";
import { openTestCore, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import { writeTinyModel } from "../../test/fixtures/tinyWorkspace.ts";
import { startHub, type HubServer } from "../../test/support/hubServer.ts";
import type { Core } from "./core.ts";
import { startFetch } from "./fetchModel.ts";
import { hubFromEnvironment, type Hub } from "./hub/hub.ts";
import { addModelFolder, listModels } from "./listModels.ts";
import { modelDirOf } from "./models.ts";

const NAME = "somebody/tiny-opt";
const WEIGHTS = "model.safetensors";
const SECRET = "hf_secret";

let core: Core;
let server: HubServer;
let hub: Hub;
let source: string;

beforeEach(async () => {
  source = temporaryFolder();
  await writeTinyModel(source);
  server = await startHub(NAME, source);
  onTestFinished(() => server.close());
  core = openTestCore();
  hub = hubWith();
});

const hubWith = (environment: Record<string, string> = {}): Hub => ({
  ...hubFromEnvironment({ HF_ENDPOINT: server.endpoint, HF_TOKEN: SECRET, ...environment }),
  retryDelayMs: () => 1,
});
const fetchIt = (revision = "main", of = hub): Promise<Job> => startFetch(core, { name: NAME, revision }, of).ended;
const weightsRequests = (): (string | undefined)[] => server.seen.filter(({ server }) => server === "storage").map(({ range }) => range);
const unfinished = (): string => join(core.paths.models, ".unfinished", "somebody--tiny-opt");

async function expectWhole(name = NAME): Promise<void> {
  const { parameters } = await loadModelFolder(modelDirOf(core.paths, name));
  expect(parameters).toEqual((await loadModelFolder(source)).parameters);
  expect(existsSync(unfinished())).toBe(false);
}

describe("fetching a model", () => {
  it("gives a folder that loads, is listed, and says where it is from", async () => {
    writeFileSync(join(source, "flax_model.msgpack"), "not needed");
    server.files.set("flax_model.msgpack", Buffer.from("not needed"));
    const job = await fetchIt();
    expect(job).toMatchObject({ state: "done", kind: "fetch", unit: "MB", result: { model: NAME, commit: server.commit } });
    expect(job.done).toBe(job.total);
    await expectWhole();
    expect(readdirSync(modelDirOf(core.paths, NAME)).sort()).toEqual(["config.json", WEIGHTS, "origin.json", "tokenizer.json"]);
    expect((await listModels(core)).map(({ name, kind, commit, problems }) => ({ name, kind, commit, problems }))).toEqual([
      { name: "sample-base", kind: "shipped", commit: null, problems: [] },
      { name: NAME, kind: "fetched", commit: server.commit, problems: [] },
    ]);
  });

  it("takes a revision, which becomes part of the name", async () => {
    await fetchIt("refs/pr/24");
    expect(server.seen[0]!.path).toContain("/revision/refs%2Fpr%2F24");
    await expectWhole(`${NAME}@refs/pr/24`);
    expect((await listModels(core)).at(-1)!.name).toBe(`${NAME}@refs/pr/24`);
  });

  it("sends the token to the hub and never to the storage it leads to, and writes it nowhere", async () => {
    await fetchIt();
    expect(new Set(server.seen.map(({ server, authorization }) => `${server} ${authorization}`))).toEqual(
      new Set([`hub Bearer ${SECRET}`, "storage undefined"]),
    );
    expect(readFileSync(join(modelDirOf(core.paths, NAME), "origin.json"), "utf8")).not.toContain(SECRET);
    expect(JSON.stringify(core.jobs.list())).not.toContain(SECRET);
  });

  it("goes on where a connection was cut, as often as that happens", async () => {
    // more cuts than attempts without progress
    server.faults.cuts = [1000, 500, 20_000, 10, 10, 10, 10, 10, 10, 10];
    expect(await fetchIt()).toMatchObject({ state: "done" });
    const starts = weightsRequests().map((range) => Number(/\d+/.exec(range ?? "0")![0]));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(1000);
    await expectWhole();
  });

  it("starts the file over where the hub does not give ranges", async () => {
    Object.assign(server.faults, { cuts: [1000], ignoresRanges: true });
    expect(await fetchIt()).toMatchObject({ state: "done" });
    await expectWhole();
  });

  it("fetches a damaged file a second time, and gives up where that is damaged too", async () => {
    server.faults.damages = 1;
    expect(await fetchIt()).toMatchObject({ state: "done" });
    await expectWhole();

    server.faults.damages = 2;
    const job = await fetchIt("other");
    expect(job).toMatchObject({
      state: "failed",
      error: { code: "E_FETCH_CORRUPT", message: expect.stringMatching(/model\.safetensors.*SHA-256/) },
    });
    expect((await listModels(core)).map(({ name }) => name)).not.toContain(`${NAME}@other`);
  });

  it("checks small files by their Git digest", async () => {
    const listed = server.files.get("tokenizer.json")!;
    const altered = Buffer.from(listed);
    altered[5]! ^= 1;
    // listed as one thing, sent as another
    let asked = 0;
    const get = server.files.get.bind(server.files);
    server.files.get = (file) => (file === "tokenizer.json" && ++asked > 0 ? altered : get(file));
    expect(await fetchIt()).toMatchObject({
      state: "failed",
      error: { code: "E_FETCH_CORRUPT", message: expect.stringMatching(/Git digest/) },
    });
  });

  it("starts a part over that is of another content than the hub has now", async () => {
    await startAndCancel(5000);
    const changed = Buffer.from(server.files.get(WEIGHTS)!);
    changed[changed.length - 1]! ^= 1;
    server.files.set(WEIGHTS, changed);
    expect(await fetchIt()).toMatchObject({ state: "done" });
    expect(weightsRequests()).toEqual([undefined, "bytes=5000-", undefined]);
    expect(readFileSync(join(modelDirOf(core.paths, NAME), WEIGHTS)).equals(changed)).toBe(true);
  });

  it("goes on after a cancel with what was there", async () => {
    await startAndCancel(5000);
    expect(readdirSync(unfinished())).toContain(`${WEIGHTS}.part`);
    expect((await listModels(core)).map(({ name }) => name)).toEqual(["sample-base"]);
    expect(await fetchIt()).toMatchObject({ state: "done" });
    expect(weightsRequests()).toEqual([undefined, "bytes=5000-"]);
    await expectWhole();
  });

  it("pauses by closing the connection, and goes on from there", async () => {
    server.faults.stallAfter = 5000;
    const { id, ended } = startFetch(core, { name: NAME, revision: "main" }, hub);
    await untilThere(5000);
    core.jobs.pause(id);
    await until(() => core.jobs.get(id).state === "paused");
    server.faults.stallAfter = null;
    core.jobs.resume(id);
    expect(await ended).toMatchObject({ state: "done" });
    expect(weightsRequests()).toEqual([undefined, "bytes=5000-"]);
    await expectWhole();
  });

  it("is not started twice", async () => {
    const first = startFetch(core, { name: NAME, revision: "main" }, hub);
    expect(startFetch(core, { name: NAME, revision: "main" }, hub).id).toBe(first.id);
    await first.ended;
  });

  it("waits and tries again where the hub is busy", async () => {
    server.faults.refusals = [{ status: 503 }, { status: 429, headers: { "retry-after": "0" } }, { status: 500 }];
    expect(await fetchIt()).toMatchObject({ state: "done" });
  });

  it.each([
    [401, { "x-error-code": "RepoNotFound" }, "E_HUB_NOT_FOUND", /no somebody\/tiny-opt/],
    [404, { "x-error-code": "RevisionNotFound" }, "E_HUB_NOT_FOUND", /no such revision/],
    [403, { "x-error-code": "GatedRepo" }, "E_HUB_DENIED", /terms have to be accepted/],
    [401, {}, "E_HUB_DENIED", /token in HF_TOKEN may not read it/],
    [400, {}, "E_HUB_ANSWER", /status 400/],
  ])("says what status %i with %j means", async (status, headers, code, message) => {
    server.faults.refusals = [{ status, headers }];
    expect(await fetchIt()).toMatchObject({ state: "failed", error: { code, message: expect.stringMatching(message) } });
  });

  it("without a network says what to fetch by hand", async () => {
    await server.close();
    const job = await fetchIt();
    expect(job).toMatchObject({
      state: "failed",
      error: { code: "E_HUB_UNREACHABLE", message: expect.stringMatching(/refuses connections/) },
    });
    expect(job.error!.fix).toMatch(/config\.json.*vocab\.json.*models add FOLDER/s);
  });

  it("does not follow a redirect to plain HTTP elsewhere", async () => {
    server.faults.storage = "http://storage.example";
    expect(await fetchIt()).toMatchObject({
      state: "failed",
      error: { code: "E_HUB_ANSWER", message: expect.stringMatching(/not encrypted/) },
    });
  });

  it("does not ask a hub over plain HTTP elsewhere", () => {
    expect(() => hubFromEnvironment({ HF_ENDPOINT: "http://hub.example" })).toThrow(expect.objectContaining({ code: "E_HUB_UNREACHABLE" }));
    expect(hubFromEnvironment({}).endpoint.href).toBe("https://huggingface.co/");
  });

  it.each([
    ["config.json", /no config\.json/],
    [WEIGHTS, /no model\.safetensors and no pytorch_model\.bin/],
    ["tokenizer.json", /No tokenizer/],
  ])("is refused before anything comes where there is no %s", async (file, message) => {
    server.files.delete(file);
    expect(await fetchIt()).toMatchObject({ state: "failed", error: { message: expect.stringMatching(message) } });
    expect(server.seen).toHaveLength(1);
  });

  it("is refused before its weights come where it is no OPT", async () => {
    server.files.set("config.json", Buffer.from(JSON.stringify({ model_type: "llama" })));
    expect(await fetchIt()).toMatchObject({
      state: "failed",
      error: { code: "E_MODEL_INVALID", message: expect.stringMatching(/model_type "llama"/) },
    });
    expect(weightsRequests()).toEqual([]);
  });

  it("is refused where its index leads outside the folder", async () => {
    server.files.delete(WEIGHTS);
    server.files.set("model.safetensors.index.json", Buffer.from(JSON.stringify({ weight_map: { a: "../../outside.safetensors" } })));
    expect(await fetchIt()).toMatchObject({
      state: "failed",
      error: { code: "E_MODEL_INVALID", message: expect.stringMatching(/not a file beside it/) },
    });
  });

  it("takes the shards that the index names", async () => {
    const weights = server.files.get(WEIGHTS)!;
    server.files.delete(WEIGHTS);
    server.files.set("model-00001-of-00001.safetensors", weights);
    const { parameters } = await loadModelFolder(source);
    const weightMap = Object.fromEntries(parameters.map(({ name }) => [name, "model-00001-of-00001.safetensors"]));
    server.files.set("model.safetensors.index.json", Buffer.from(JSON.stringify({ weight_map: weightMap })));
    expect(await fetchIt()).toMatchObject({ state: "done" });
    await expectWhole();
  });
});

/** Fetches until so many bytes of the weights are there, then cancels. */
async function startAndCancel(numBytes: number): Promise<void> {
  server.faults.stallAfter = numBytes;
  const { id, ended } = startFetch(core, { name: NAME, revision: "main" }, hub);
  await untilThere(numBytes);
  core.jobs.cancel(id);
  expect(await ended).toMatchObject({ state: "cancelled" });
  server.faults.stallAfter = null;
}

const untilThere = (numBytes: number): Promise<void> =>
  until(() => {
    const part = join(unfinished(), `${WEIGHTS}.part`);
    return existsSync(part) && readFileSync(part).length === numBytes;
  });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a folder of one's own", () => {
  it("is put on the list once, by its path", async () => {
    const view = await addModelFolder(core, source);
    expect(view).toMatchObject({ name: source, kind: "folder", weightsFile: WEIGHTS, window: 320, problems: [] });
    await addModelFolder(core, source);
    expect((await listModels(core)).map(({ name }) => name)).toEqual(["sample-base", source]);
  });

  it.each([
    ["config.json", { code: "E_MODEL_INVALID", message: /no config\.json/ }],
    ["tokenizer.json", { code: "E_TOKENIZER_MISSING" }],
    [WEIGHTS, { code: "E_MODEL_INVALID", message: /no model\.safetensors/ }],
  ])("is refused without its %s", async (file, error) => {
    const folder = temporaryFolder();
    for (const name of readdirSync(source)) if (name !== file) writeFileSync(join(folder, name), readFileSync(join(source, name)));
    await expect(addModelFolder(core, folder)).rejects.toMatchObject(error);
  });

  it("says that its weights are cut short", async () => {
    writeFileSync(join(source, WEIGHTS), "short");
    await expect(addModelFolder(core, source)).rejects.toMatchObject({ message: /model\.safetensors is truncated/ });
  });

  it("copied into the workspace's models is listed by its place", async () => {
    const folder = join(core.paths.models, "mine", "one");
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(source)) writeFileSync(join(folder, name), readFileSync(join(source, name)));
    expect((await listModels(core)).at(-1)).toMatchObject({ name: "mine/one", kind: "fetched", commit: null, problems: [] });
  });

  it("stays on the list when it is gone, with that as its problem", async () => {
    await addModelFolder(core, source);
    rmSync(join(source, "config.json"));
    expect((await listModels(core)).at(-1)!.problems[0]).toMatch(/does not exist/);
  });
});
