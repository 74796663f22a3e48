// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";

/** A window of this browser, as it is after it was opened or reloaded. */
async function openWindow(memory: Map<string, string>) {
  sessionStorage.clear();
  for (const [key, value] of memory) sessionStorage.setItem(key, value);
  vi.resetModules();
  const { applySettings, settings } = await import("./settings.ts");
  applySettings();
  return {
    settings,
    /** Leaves it for another one, which has its own memory. */
    leave: () => {
      for (let i = 0; i < sessionStorage.length; i++) memory.set(sessionStorage.key(i)!, sessionStorage.getItem(sessionStorage.key(i)!)!);
    },
  };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("settings of two windows", () => {
  it("leave each its own person over a reload; a new window begins as the one chosen last", async () => {
    const [first, second] = [new Map<string, string>(), new Map<string, string>()];
    const one = await openWindow(first);
    one.settings.profile = "ann";
    one.leave();
    const other = await openWindow(second);
    expect(other.settings.profile).toBe("ann");
    other.settings.profile = "ben";
    other.leave();
    expect((await openWindow(first)).settings.profile).toBe("ann");
    expect((await openWindow(second)).settings.profile).toBe("ben");
    expect((await openWindow(new Map())).settings.profile).toBe("ben");
  });

  it("keep a window that never chose as the machine names it, whatever another chooses meanwhile", async () => {
    const first = new Map<string, string>();
    (await openWindow(first)).leave();
    (await openWindow(new Map())).settings.profile = "ben";
    expect((await openWindow(first)).settings.profile).toBe("");
  });

  it("take back no choice of another window with a theme of their own", async () => {
    const first = new Map<string, string>();
    const one = await openWindow(first);
    one.settings.profile = "ann";
    one.leave();
    (await openWindow(new Map())).settings.profile = "ben";
    (await openWindow(first)).settings.theme = "dark";
    const fresh = (await openWindow(new Map())).settings;
    expect([fresh.profile, fresh.theme]).toEqual(["ben", "dark"]);
  });
});
