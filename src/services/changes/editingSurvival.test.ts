/** @file Random sequences of edits, decisions, bulk actions and undos, undone and killed. */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { randomUniform } from "#core/model/random.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { weatherTrajectory } from "../../../test/fixtures/tinyWorkspace.ts";
import { doEditStep } from "../../../test/fixtures/doEditStep.ts";
import { randomSteps, stateOfAll, type EditStep } from "../../../test/fixtures/editSteps.ts";
import { openTestCore, ROOT, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import type { Core } from "../core.ts";

const NUM_TRAJECTORIES = 130;
const NUM_STEPS = 200;
const NUM_KILLS = 12;
const NUM_UNDONE = 80;

function fill(core: Core): string[] {
  const { store } = core;
  return store.transaction(() => {
    const source = store.sources.ensure({ sha256: "s", format: "openai-chat", name: "s", path: "/s", numBytes: 1 });
    return Array.from({ length: NUM_TRAJECTORIES }, (_, i) => {
      const content = weatherTrajectory(i);
      const contentId = store.contents.write(content, summaryOf(content));
      const added = { sourceId: source.id, split: "train", contentId, author: "import", reason: "imported", at: "2026-01-01" } as const;
      return `T-${String(store.trajectories.add(added)).padStart(5, "0")}`;
    });
  });
}

async function doAll(core: Core, steps: readonly EditStep[]): Promise<void> {
  for (const step of steps) await doEditStep(core, step);
}
const kindsOf = (core: Core): ReadonlySet<string> =>
  new Set(core.store.changes.recent(1000).flatMap(({ kind, numTrajectories }) => (numTrajectories > 0 ? [kind] : [])));
/** What the steps are to do at least once, or they prove little. */
const KINDS = [
  "write",
  "edit",
  "leaveOut",
  "status",
  "split",
  "resplit",
  "label",
  "replace",
  "renameTool",
  "renameParameter",
  "fix",
  "undo",
  "redo",
];

describe("random sequences of changes", { timeout: 600_000 }, () => {
  it.each([5, 23, 71])("undone to the end give back the import (seed %i)", async (seed) => {
    const core = openTestCore();
    const ids = fill(core);
    const imported = stateOfAll(core, ids);
    // one author: what one person does can always be taken back whole
    await doAll(
      core,
      randomSteps(NUM_UNDONE, ids, seed).map((step) => ({ ...step, author: "ann" })),
    );
    expect(stateOfAll(core, ids)).not.toEqual(imported);
    while (core.store.changes.next("ann", "undo") !== null) {
      await doEditStep(core, { type: "undo", author: "ann", request: randomUUID() });
    }
    expect(stateOfAll(core, ids)).toEqual(imported);
    expect(core.store.changes.recent(1000).every(({ kind, numSkipped }) => kind !== "undo" || numSkipped === 0)).toBe(true);
  });

  it("end the same whether their process is killed on the way or not", async () => {
    const whole = openTestCore();
    const ids = fill(whole);
    const steps = randomSteps(NUM_STEPS, ids, 11);
    await doAll(whole, steps);
    expect([...kindsOf(whole)]).toEqual(expect.arrayContaining(KINDS));

    const workspace = join(temporaryFolder(), "workspace");
    const first = openTestCore(workspace);
    fill(first);
    await first.close();
    const killed = await doAllKilled(workspace, steps);
    const core = openTestCore(workspace);
    expect(killed).toBeGreaterThan(NUM_KILLS / 2);
    expect(stateOfAll(core, ids)).toEqual(stateOfAll(whole, ids));
    // a request that was sent again after a kill is one change
    expect(new Set(core.store.changes.recent(1000).map(({ title, at }) => `${title} ${at}`)).size).toBeGreaterThan(50);
    expect(core.store.changes.recent(1000).map(({ title }) => title)).toEqual(whole.store.changes.recent(1000).map(({ title }) => title));
  });
});

/** Sends each step to a process of its own, kills that at random moments, and sends again what was not answered. Returns how often it was killed. */
async function doAllKilled(workspace: string, steps: readonly EditStep[]): Promise<number> {
  const uniform = randomUniform(3);
  const start = () => fork(join(ROOT, "test/fixtures/editInto.ts"), [workspace], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  let child = start();
  await once(child, "message");
  let kills = 0;
  for (const step of steps) {
    const dies = kills < NUM_KILLS && uniform() < (2 * NUM_KILLS) / NUM_STEPS;
    if (dies) {
      kills++;
      const exit = once(child, "exit");
      child.send(step);
      // in the middle of a decision, or of a job over all of them
      setTimeout(() => child.kill("SIGKILL"), uniform() * (uniform() < 0.5 ? 12 : 400));
      await exit;
      child = start();
      await once(child, "message");
    }
    child.send(step);
    const [answer] = (await once(child, "message")) as [string];
    expect(answer).toBe("done");
  }
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
  return kills;
}
