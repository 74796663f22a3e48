/** @file Random sequences of edits, decisions, bulk actions and undos, undone and killed. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { randomUniform } from "#core/model/random.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { weatherTrajectory } from "../../../test/fixtures/tinyWorkspace.ts";
import { randomSteps, stateOfAll, type EditStep } from "../../../test/fixtures/editSteps.ts";
import { openTestCore, ROOT, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import type { Core } from "../core.ts";
import { changeTrajectories, reverseChange } from "./changeTrajectories.ts";
import { reviseTrajectory } from "./reviseTrajectory.ts";

const NUM_TRAJECTORIES = 130;
const NUM_STEPS = 200;
const NUM_KILLS = 12;

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
  for (const step of steps) {
    const { author, request } = step;
    const by = { author, request, reason: "" };
    let jobId: string | null = null;
    try {
      if (step.type === "apply") ({ jobId } = changeTrajectories(core, step.selection, step.operation, by));
      else if (step.type === "edit") {
        const { trajectory } = core.store.trajectories.get(step.id);
        const turns = trajectory.turns.map((turn) => (turn.role === "user" ? { ...turn, content: `${turn.content} ${step.text}` } : turn));
        const { number } = core.store.trajectories.origin(step.id).revision;
        reviseTrajectory(core, { id: step.id, baseRevision: number, content: { ...trajectory, turns }, ...by });
      } else ({ jobId } = reverseChange(core, step.type, by));
    } catch (error) {
      if ((error as { code?: string }).code !== "E_NOTHING_TO_UNDO") throw error;
    }
    if (jobId !== null) await core.jobs.ended(jobId);
  }
}

describe("random sequences of changes", { timeout: 600_000 }, () => {
  it("undone to the end give back the import", async () => {
    const core = openTestCore();
    const ids = fill(core);
    const imported = stateOfAll(core, ids);
    // one author: what one person does can always be taken back whole
    await doAll(
      core,
      randomSteps(80, ids, 5).map((step) => ({ ...step, author: "ann" })),
    );
    expect(stateOfAll(core, ids)).not.toEqual(imported);
    while (core.store.changes.next("ann", "undo") !== null) {
      const { jobId } = reverseChange(core, "undo", { author: "ann" });
      if (jobId !== null) await core.jobs.ended(jobId);
    }
    expect(stateOfAll(core, ids)).toEqual(imported);
    expect(core.store.changes.recent(200).every(({ kind, numSkipped }) => kind !== "undo" || numSkipped === 0)).toBe(true);
  });

  it("end the same whether their process is killed on the way or not", async () => {
    const whole = openTestCore();
    const ids = fill(whole);
    const steps = randomSteps(NUM_STEPS, ids, 11);
    await doAll(whole, steps);

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
      setTimeout(() => child.kill("SIGKILL"), uniform() * 12);
      await exit;
      child = start();
      await once(child, "message");
    }
    child.send(step);
    const [answer] = (await once(child, "message")) as [string];
    expect(["done", "E_NOTHING_TO_UNDO"]).toContain(answer);
  }
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
  return kills;
}
