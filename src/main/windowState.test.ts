import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readWindowState } from "./windowState.ts";

const display = { x: 0, y: 0, width: 1920, height: 1080 };
const usual = { bounds: { width: 1440, height: 900 }, maximized: false };

function stored(content: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "window-")), "window.json");
  writeFileSync(file, content);
  return file;
}

describe("readWindowState", () => {
  it("gives back a place on a display that is there", () => {
    const state = { bounds: { x: 100, y: 50, width: 1000, height: 700 }, maximized: true };
    expect(readWindowState(stored(JSON.stringify(state)), [display])).toEqual(state);
  });

  it("forgets a place on a display that is gone", () => {
    const state = { bounds: { x: 2500, y: 50, width: 1000, height: 700 }, maximized: false };
    expect(readWindowState(stored(JSON.stringify(state)), [display])).toEqual(usual);
    expect(readWindowState(stored(JSON.stringify(state)), [display, { x: 1920, y: 0, width: 1920, height: 1080 }])).toEqual(state);
  });

  it("starts as usual where the file is missing, broken or of another shape", () => {
    expect(readWindowState("/nowhere/window.json", [display])).toEqual(usual);
    expect(readWindowState(stored("{"), [display])).toEqual(usual);
    expect(readWindowState(stored('{"bounds":{"x":"1"}}'), [display])).toEqual(usual);
  });
});
