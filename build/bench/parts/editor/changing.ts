/** @file What an annotator does all day: an argument edited and saved, a decision by one key, both taken back. */
import { pause } from "./searching.ts";
import type { MeasuredPage, Shell } from "./shell.ts";
import { trajectoryIdOf } from "#store/ids.ts";

export interface Editing {
  readonly saves: readonly number[];
  readonly undos: readonly number[];
}

const EDITS = 20;
/** Time to look at what was done; what is asked for behind it is over by then. */
const LOOK_MS = 700;

/** Edits a text argument of a call of trajectories all over the workspace. */
export async function measureEditing(shell: Shell, numTrajectories: number, most: number): Promise<Editing> {
  const { page } = await shell.open("#/trajectories/T-00001");
  const saves: number[] = [];
  const undos: number[] = [];
  for (let tries = 0; saves.length < Math.min(EDITS, most) && tries < 10 * EDITS; tries++) {
    const id = trajectoryIdOf(5 + Math.floor((tries / (10 * EDITS)) * (numTrajectories - 10)));
    await page.follow(`#/trajectories/${id}`, { what: "opened", id });
    const text = `edited-${tries}`;
    if (!(await typeArgument(page, text))) continue;
    await pause(LOOK_MS);
    saves.push(await page.time("keydown", { what: "saved", text }, () => page.page.keyboard.press("Control+Enter")));
    await pause(LOOK_MS);
    undos.push(await page.time("keydown", { what: "gone", text }, () => page.page.keyboard.press("Control+z")));
    await pause(LOOK_MS);
  }
  if (saves.length === 0) throw new Error("no trajectory has a call with a text argument");
  await page.close();
  return { saves, undos };
}

/** Opens the editor at the first call and writes into its first text field; false where there is none. */
async function typeArgument({ page }: MeasuredPage, text: string): Promise<boolean> {
  const call = page.locator('[aria-label="Trajectory"] .turn:has(code.call)').first();
  if ((await call.count()) === 0) return false;
  await call.locator(".who").dblclick();
  await page.locator(".turn.editing .row-field, .turn.editing .cm-editor").first().waitFor();
  const field = page.locator(".turn.editing .row-field input.mono:not([inputmode])").first();
  if ((await field.count()) === 0) {
    await page.keyboard.press("Escape");
    return false;
  }
  await field.fill(text);
  return true;
}

export interface Deciding {
  readonly decisions: readonly number[];
  readonly undos: readonly number[];
}

const DECISIONS = 60;
const UNDOS = 20;
const KEYS = ["a", "x", "f", "a"] as const;

/** Decisions at a person's pace: in the whole list, then in a filtered one. */
export async function measureDeciding(shell: Shell, most: number): Promise<Deciding> {
  const decisions: number[] = [];
  const undos: number[] = [];
  for (const query of ["", "?status=unreviewed&finding=none"]) {
    const { page } = await shell.open(`#/trajectories${query}`);
    await page.page.locator('[role="grid"] [data-index]').first().click();
    await pause(LOOK_MS);
    for (let i = 0; i < Math.min(DECISIONS / 2, most); i++) {
      decisions.push(await decide(page, KEYS[i % KEYS.length]!));
      await pause(150 + ((i * 97) % 400));
    }
    for (let i = 0; i < Math.min(UNDOS / 2, most); i++) {
      const id = await page.ask((stopwatch) => stopwatch.openId());
      await decide(page, "x");
      await pause(LOOK_MS);
      undos.push(await page.time("keydown", { what: "status", id, status: "unreviewed" }, () => page.page.keyboard.press("Control+z")));
      await pause(LOOK_MS);
    }
    await page.close();
  }
  return { decisions, undos };
}

/** One key; until the next trajectory is there. */
export const decide = ({ page, time }: MeasuredPage, key: string): Promise<number> =>
  time("keydown", { what: "next" }, () => page.keyboard.press(key));
