// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import type * as FirstView from "./firstView.ts";

let view: typeof FirstView;
let frames: (() => void)[];
beforeEach(async () => {
  vi.useFakeTimers();
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => frames.push(draw));
  vi.resetModules();
  view = await import("./firstView.ts");
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it("what waits for the first view comes behind the frame that shows it", async () => {
  const done = vi.fn();
  void view.firstViewDrawn().then(done);
  view.firstViewIsThere();
  frames.shift()!();
  await Promise.resolve();
  expect(done).not.toHaveBeenCalled();
  frames.shift()!();
  await vi.waitFor(() => expect(done).toHaveBeenCalled());
  await view.firstViewDrawn();
});

it("comes in any case, also where no frame is ever drawn", async () => {
  const done = vi.fn();
  void view.firstViewDrawn().then(done);
  vi.advanceTimersByTime(800);
  await Promise.resolve();
  expect(done).toHaveBeenCalled();
});
