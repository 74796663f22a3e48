/** @file A long trajectory on the screen: opened, scrolled by wheel, walked through by keys. */
import type { Shell } from "./shell.ts";
import { pause } from "./searching.ts";
import type { MadeWorkspace } from "./workspace.ts";

export interface Reading {
  readonly openMs: number;
  /** The longest times between two frames. */
  readonly wheelMs: number;
  readonly keysMs: number;
}

const STEP_MS = 30;

export async function measureReading(shell: Shell, { long }: MadeWorkspace): Promise<Reading> {
  const { page } = await shell.open("#/trajectories/T-00001");
  const openMs = await page.follow(`#/trajectories/${long}`, { what: "opened", id: long });
  const turns = page.page.getByRole("group", { name: "Turns" });
  await turns.hover();
  await pause(500);
  const watched = async (scroll: () => Promise<void>): Promise<number> => {
    await page.ask((stopwatch) => stopwatch.watchFrames());
    await scroll();
    await pause(300);
    return Math.max(...(await page.ask((stopwatch) => stopwatch.frames())));
  };
  const press = async (key: string, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await page.page.keyboard.press(key);
      await pause(STEP_MS);
    }
  };
  const { mouse } = page.page;
  const wheelMs = await watched(async () => {
    for (let i = 0; i < 120; i++) {
      await mouse.wheel(0, i < 80 ? 700 : -1000);
      await pause(STEP_MS);
    }
  });
  await turns.focus();
  const keysMs = await watched(async () => {
    await press("PageDown", 40);
    await press("End", 1);
    await press("PageUp", 20);
    await press("Home", 1);
    await press("ArrowDown", 30);
    await press("]", 60);
    await press("[", 20);
  });
  await page.close();
  return { openMs, wheelMs, keysMs };
}
