import { beforeEach, describe, expect, it, vi } from "vitest";

import type * as Toasts from "./toasts.ts";

let ui: typeof Toasts;
beforeEach(async () => {
  vi.resetModules();
  ui = await import("./toasts.ts");
});
const texts = (): readonly string[] => ui.toasts.value.map(({ text }) => text);

describe("messages", () => {
  it("are three at most, the oldest gives way", () => {
    for (const text of ["one", "two", "three", "four"]) ui.showToast(text);
    expect(texts()).toEqual(["two", "three", "four"]);
  });

  it("take the place of what they tell the end of, with a number of their own", () => {
    const started = ui.showToast("Changing 900 trajectories");
    ui.showToast("Saved");
    const ended = ui.showToast("Rejected 900 trajectories", { title: "Undo", run: () => undefined }, started);
    expect(texts()).toEqual(["Rejected 900 trajectories", "Saved"]);
    expect(ended).not.toBe(started);
    ui.dismissToast(started);
    expect(texts()).toHaveLength(2);
  });

  it("come by themselves where what they end was closed", () => {
    const started = ui.showToast("Changing 900 trajectories");
    ui.dismissToast(started);
    ui.showToast("Rejected 900 trajectories", undefined, started);
    expect(texts()).toEqual(["Rejected 900 trajectories"]);
  });
});
