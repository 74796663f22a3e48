import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "./openDatabase.ts";
import { termFrequency } from "./termFrequency.ts";

function frequencyOver(texts: Iterable<string>) {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-terms-"));
  const db = openDatabase(join(folder, "workspace.sqlite"));
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const insert = db.prepare("INSERT INTO turn_text (rowid, text) VALUES (?, ?)");
  let rowid = 0;
  db.transaction(() => {
    for (const text of texts) insert.run(++rowid, text);
  })();
  return termFrequency(db);
}

describe("telling terms", () => {
  it("come rarest first, without those that no text holds", () => {
    const frequency = frequencyOver(["train to Basel", "train to Bern", "train by night", "get_weather Zürich"]);
    expect(frequency.telling(["train", "Basel", "boat", "to"])).toEqual(["Basel", "to", "train"]);
    expect(frequency.telling(["ZURICH", "get_weather", "get_time", "..."])).toEqual(["ZURICH", "get_weather"]);
    expect(frequency.telling([])).toEqual([]);
  });

  it("leave out common words where ranking would visit too many texts, but never all of them", () => {
    const texts = function* () {
      for (let i = 0; i < 9000; i++) yield `common usual frequent everywhere ${i % 4500}`;
    };
    const frequency = frequencyOver(texts());
    expect(frequency.telling(["common", "17", "usual", "everywhere", "frequent"])).toEqual(["17", "common", "usual"]);
    expect(frequency.telling(["common", "usual", "frequent", "everywhere"])).toHaveLength(3);
  });

  it("are rare where few texts hold them, whatever the ranking would visit", () => {
    const texts = Array.from({ length: 300 }, (_, i) => `the${i % 8 === 0 ? " eighth" : ""}${i < 20 ? " twenty" : ""} ${i}`);
    const frequency = frequencyOver(texts);
    expect(frequency.rare(["the", "eighth", "twenty", "7", "boat"], texts.length)).toEqual(["7", "twenty"]);
  });
});
