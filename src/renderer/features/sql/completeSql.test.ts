import { describe, expect, it } from "vitest";
import type { SqlTable } from "#contracts/procedures/finding.ts";
import { completeSql } from "./completeSql.ts";

const TABLES: readonly SqlTable[] = [
  {
    name: "trajectory",
    columns: [
      { name: "id", type: "INTEGER" },
      { name: "split", type: "INTEGER" },
    ],
  },
  { name: "source", columns: [{ name: "name", type: "TEXT" }] },
];
/** The caret stands at the bar. */
function labels(marked: string): readonly string[] | null {
  const offset = marked.indexOf("|");
  return completeSql(marked.replace("|", ""), offset, TABLES)?.options.map(({ label }) => label) ?? null;
}

describe("what could be written next", () => {
  it("are tables where one is expected", () => {
    expect(labels("SELECT id FROM |")).toEqual(["trajectory", "source"]);
    expect(labels("SELECT id FROM trajectory t JOIN so|")).toEqual(["trajectory", "source"]);
  });

  it("are the columns of a table or of its alias", () => {
    expect(labels("SELECT s.| FROM trajectory t JOIN source AS s ON 1")).toEqual(["name"]);
    expect(labels("SELECT trajectory.i| FROM trajectory")).toEqual(["id", "split"]);
    expect(labels("SELECT x.| FROM trajectory t")).toBeNull();
  });

  it("are columns of the named tables before anything else, and nothing before a word is begun", () => {
    expect(labels("SELECT sp| FROM trajectory")?.slice(0, 3)).toEqual(["id", "split", "trajectory"]);
    expect(labels("SELECT | FROM trajectory")).toBeNull();
  });
});
