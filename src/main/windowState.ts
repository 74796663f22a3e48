/** @file Where the window was, kept between starts; a place on a display that is gone is not used. */
import type { BrowserWindow, Rectangle } from "electron";
import { readFileSync, renameSync, writeFileSync } from "node:fs";

export interface WindowState {
  readonly bounds: Partial<Rectangle> & { readonly width: number; readonly height: number };
  readonly maximized: boolean;
}

const DEFAULT_STATE: WindowState = { bounds: { width: 1440, height: 900 }, maximized: false };

const isRectangle = (value: unknown): value is Rectangle =>
  typeof value === "object" &&
  value !== null &&
  ["x", "y", "width", "height"].every((key) => Number.isInteger((value as Record<string, unknown>)[key]));

/** At least a hand's breadth of the title bar must lie on some display, or nobody could take hold of the window. */
function isReachable(bounds: Rectangle, displays: readonly Rectangle[]): boolean {
  const margin = 80;
  return displays.some(
    (d) =>
      bounds.x + bounds.width > d.x + margin && bounds.x < d.x + d.width - margin && bounds.y >= d.y && bounds.y < d.y + d.height - margin,
  );
}

/** @param displays work areas of the displays there are now */
export function readWindowState(file: string, displays: readonly Rectangle[]): WindowState {
  try {
    const stored = JSON.parse(readFileSync(file, "utf8")) as { bounds?: unknown; maximized?: unknown };
    if (!isRectangle(stored.bounds) || !isReachable(stored.bounds, displays)) return DEFAULT_STATE;
    return { bounds: stored.bounds, maximized: stored.maximized === true };
  } catch {
    return DEFAULT_STATE;
  }
}

export function keepWindowState(window: BrowserWindow, file: string): void {
  window.on("close", () => {
    const state: WindowState = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
  });
}
