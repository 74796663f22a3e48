import { describe, expect, it } from "vitest";
import { rankEntries, type Entry } from "./paletteEntries.ts";

const entry = (title: string, matched = false): Entry => ({ id: title, title, kind: "Command", matched, run: () => undefined });
const titles = (query: string, ...entries: Entry[]) => rankEntries(entries, query).map(({ title }) => title);

describe("the palette", () => {
  it("offers everything in order while nothing is typed", () => {
    expect(titles("", entry("Go to Runs"), entry("Import"))).toEqual(["Go to Runs", "Import"]);
  });

  it("puts words that begin so before words that contain it, and those before loose letters", () => {
    expect(titles("run", entry("Return now"), entry("Prune rows"), entry("Start a new run"))).toEqual([
      "Start a new run",
      "Prune rows",
      "Return now",
    ]);
  });

  it("keeps what the core has found even if the title does not show why", () => {
    expect(titles("lisbon", entry("T-00042 Book a room", true), entry("Import"))).toEqual(["T-00042 Book a room"]);
  });

  it("offers nothing where nothing matches", () => {
    expect(titles("zzz", entry("Import"))).toEqual([]);
  });
});
