import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { openStore, type Store } from "./index.ts";
import { keptSearches } from "./keptSearches.ts";

let store: Store;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "callsmith-searches-"));
  store = openStore(join(folder, "workspace.sqlite"));
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
});

const WORDS = ["train", "night", "Bern", "boat", "sailor", "ticket", "rain"];
const SYSTEMS = [undefined, "Speak as a sailor.", "Sell a ticket for the night train.", "Rain or shine."];

interface Written {
  readonly id: number;
  readonly words: ReadonlySet<string>;
}

/** The same numbers every time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function write(system: string | undefined, user: string): Written {
  const content: TrajectoryContent = {
    tools: [],
    turns: [...(system === undefined ? [] : [{ role: "system" as const, content: system }]), { role: "user", content: user }],
    metadata: {},
  };
  const summary = { title: user, numTurns: content.turns.length, numCalls: 0, numTools: 0, numUnreadable: 0 };
  const id = store.transaction(() => store.contents.write(content, summary));
  return { id, words: new Set(`${system ?? ""} ${user}`.toLowerCase().match(/\w+/g)) };
}
const index = (batches = Infinity): void => {
  for (let i = 0; i < batches && store.search.indexNext(3); i++);
};

describe("kept searches", () => {
  it("find what looking through every text finds, whatever was searched before and whatever came since", () => {
    const below = numbers(7);
    const searchFor = keptSearches(store.search);
    const written: Written[] = [];
    for (let round = 0; round < 60; round++) {
      for (let i = below(6); i > 0; i--) {
        const user = Array.from({ length: 1 + below(4) }, () => WORDS[below(WORDS.length)]).join(" ");
        written.push(write(SYSTEMS[below(SYSTEMS.length)], `${user} number ${written.length}`));
      }
      index();
      const terms = Array.from({ length: 1 + below(3) }, () => WORDS[below(WORDS.length)]!);
      const expected = written.filter(({ words }) => terms.every((term) => words.has(term.toLowerCase()))).map(({ id }) => id);
      const hits = searchFor(terms.join(" "));
      expect(
        [...hits.keys()].filter((id) => hits[id] === 1),
        `${round}: ${terms.join(" ")}`,
      ).toEqual(expected);
    }
    expect(written.length).toBeGreaterThan(100);
  });

  it("ask the index for a word that was searched for before no second time, and after an edit for what came since only", () => {
    write("Speak as a sailor.", "the night train");
    write(undefined, "a night boat");
    index();
    const asked: [terms: readonly string[], from: number][] = [];
    const searchFor = keptSearches({
      ...store.search,
      hitsOf: (terms, earlier) => {
        asked.push([terms, earlier?.upTo ?? 0]);
        return store.search.hitsOf(terms, earlier);
      },
    });
    searchFor("sailor");
    searchFor("sailor night train");
    searchFor("sailor night train");
    searchFor("boat");
    searchFor("boat sailor");
    expect(asked).toEqual([
      [["sailor"], 0],
      [["night", "train"], 0],
      [["boat"], 0],
    ]);
    asked.length = 0;
    write(undefined, "a boat for a sailor");
    index();
    expect([...searchFor("boat sailor").keys()].filter((id) => searchFor("boat sailor")[id] === 1)).toEqual([3]);
    expect(asked).toEqual([
      [["boat"], 2],
      [["sailor"], 2],
    ]);
  });
});
