import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { openTestCore } from "../../test/fixtures/openTestCore.ts";
import { addTrajectories, weatherTrajectory } from "../../test/fixtures/tinyWorkspace.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { readCall } from "#core/trajectories/edit/index.ts";
import type { Core } from "./core.ts";
import { readOnlyQuery } from "#store/readOnlyQuery.ts";
import { querySql } from "./sqlConsole.ts";
import { similarTrajectories } from "./similarTrajectories.ts";
import { listViews, removeView, renameView, saveView } from "./views.ts";
import { indexContents } from "./indexContents.ts";

let core: Core;
beforeEach(() => {
  core = openTestCore();
  addTrajectories(
    core.store,
    Array.from({ length: 12 }, (_, i) => weatherTrajectory(i + 1)),
  );
});
const ask = (sql: string, limit = 100, limitSeconds = 60) => querySql(core, { sql, limit, limitSeconds });
/** Without a process of its own: what is refused is refused before it runs. */
function refusal(sql: string): AppError {
  try {
    readOnlyQuery(core.store.path, sql, 9);
  } catch (thrown) {
    return AppError.from(thrown);
  }
  throw new Error("it was answered");
}

describe("a question in SQL", () => {
  it("gives rows, says which columns are trajectories and what it left out", async () => {
    const { columns, rows, cut } = await ask(
      "SELECT id, split AS part, 9007199254740993 AS big, x'0102' AS bytes, NULL AS none FROM trajectory",
      2,
    );
    expect(columns.map(({ name, isTrajectory }) => [name, isTrajectory])).toEqual([
      ["id", true],
      ["part", false],
      ["big", false],
      ["bytes", false],
      ["none", false],
    ]);
    expect(rows).toEqual([
      [1, 0, "9007199254740993", "x'0102' (2 bytes)", null],
      [2, 0, "9007199254740993", "x'0102' (2 bytes)", null],
    ]);
    expect(cut).toBe("Only the first 2 rows are shown.");
    expect((await ask("SELECT count(*) FROM trajectory")).rows).toEqual([[12]]);
  });

  it("changes nothing, whatever is asked", () => {
    for (const sql of [
      "DELETE FROM trajectory",
      "DELETE FROM trajectory RETURNING id",
      "ATTACH '/tmp/other.sqlite' AS other",
      "PRAGMA user_version = 99",
      "/* pragma */ -- x\n pragma writable_schema = 1",
      "VACUUM INTO '/tmp/copy.sqlite'",
      "CREATE TEMP TABLE t (x)",
      "SELECT 1; DELETE FROM trajectory",
      "  -- nothing",
    ]) {
      expect(refusal(sql).code, sql).toBe("E_SQL_REFUSED");
    }
    expect(refusal("SELECT load_extension('x')").code).toBe("E_SQL_FAILED");
    expect(core.store.trajectories.count()).toBe(12);
  });

  it("that is wrong says where", () => {
    const error = refusal("SELECT id FROM trajectory WHERE id = 1 AND\n  from 3");
    expect([error.code, error.params["offset"]]).toEqual(["E_SQL_FAILED", 45]);
    expect(error.message).toContain('near "from": syntax error (line 2, character 3)');
    expect(refusal("SELECT nothing FROM trajectory").params["offset"]).toBe(7);
  });

  it("that does not end is ended", async () => {
    const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    const error: unknown = await ask(endless, 10, 1).catch((thrown: unknown) => thrown);
    expect(AppError.from(error).code).toBe("E_SQL_TOO_LONG");
    const cancel = new AbortController();
    const asked = querySql(core, { sql: endless, limit: 10, signal: cancel.signal });
    cancel.abort();
    await expect(asked).rejects.toThrow(expect.objectContaining({ code: "E_CANCELLED" }));
  });

  it("is helped by the tables there are", () => {
    const tables = core.store.describeTables();
    expect(tables.find(({ name }) => name === "trajectory")?.columns.map(({ name }) => name)).toContain("content_id");
    expect(tables.filter(({ name }) => name.startsWith("sqlite_") || name === "turn_text_data")).toEqual([]);
  });
});

describe("views", () => {
  it("keep a filter under a name and count what it lets through", () => {
    saveView(core, "Held out", { split: "validation" }, "ann");
    expect(
      saveView(core, "held OUT", { split: "validation", ids: ["T-00010"] }, undefined).map(({ name, count }) => [name, count]),
    ).toEqual([
      ["All", 12],
      ["Disputed", 0],
      ["held OUT", 1],
    ]);
    expect(listViews(core, "ann").map(({ name }) => name)).toEqual(["All", "My queue", "Disputed", "held OUT"]);
    expect(removeView(core, "Held out", undefined).map(({ name }) => name)).toEqual(["All", "Disputed"]);
    expect(() => saveView(core, "my Queue", {}, undefined)).toThrow(expect.objectContaining({ code: "E_OPERATION_INVALID" }));
  });
});

describe("another name for a view", () => {
  const names = (views: ReturnType<typeof listViews>) => views.filter(({ isBuiltIn }) => !isBuiltIn).map(({ name }) => name);

  it("keeps its filter, and takes the place of no other view", () => {
    saveView(core, "First", { split: "validation" }, undefined);
    saveView(core, "Second", {}, undefined);
    expect(names(renameView(core, "first", "FIRST", undefined))).toEqual(["FIRST", "Second"]);
    const refused = (to: string) => () => renameView(core, "First", to, undefined);
    expect(refused("second")).toThrow(expect.objectContaining({ code: "E_OPERATION_INVALID" }));
    expect(refused("Disputed")).toThrow(expect.objectContaining({ code: "E_OPERATION_INVALID" }));
    const renamed = renameView(core, "First", "Held out", undefined);
    expect(names(renamed)).toEqual(["Held out", "Second"]);
    expect(renamed.find(({ name }) => name === "Held out")).toMatchObject({ filter: { split: "validation" }, count: 1 });
    expect(() => renameView(core, "First", "Third", undefined)).toThrow(expect.objectContaining({ code: "E_NOT_FOUND" }));
  });
});

describe("similar trajectories", () => {
  beforeEach(() => {
    indexContents(core.store, { report: () => undefined, checkpoint: () => undefined });
  });

  it("share telling words, and never name the one that was asked about", () => {
    const words = (id: string) => /in (\w+) on (\w+)/.exec(core.store.trajectories.summary(id).title)!.slice(1);
    const alike = similarTrajectories(core, "T-00003", 3);
    expect(alike.length).toBeGreaterThan(0);
    for (const { summary, sharedWords, missingWords } of alike) {
      expect(summary.id).not.toBe("T-00003");
      expect(words(summary.id).some((word) => words("T-00003").includes(word))).toBe(true);
      expect(sharedWords.length).toBeGreaterThan(0);
      expect(sharedWords.filter((word) => missingWords.includes(word))).toEqual([]);
    }
  });

  it("say which words and which tools are alike, and which are not", () => {
    const other = weatherTrajectory(900);
    const renamed: TrajectoryContent = {
      ...other,
      turns: [
        { role: "user", content: "Zürich tides in Lagos please" },
        {
          role: "assistant",
          calls: [readCall("get_tides", '{"port":"Lagos"}'), readCall("get_weather", '{"city":"Lagos"}')],
        },
      ],
    };
    const asked: TrajectoryContent = {
      ...other,
      turns: [
        { role: "user", content: "zurich tides in Dakar" },
        { role: "assistant", calls: [readCall("get_tides", '{"port":"Dakar"}'), readCall("get_price", "{}")] },
      ],
    };
    addTrajectories(core.store, [renamed, asked]);
    indexContents(core.store, { report: () => undefined, checkpoint: () => undefined });
    const [closest] = similarTrajectories(core, "T-00014", 1);
    expect(closest).toMatchObject({
      summary: { id: "T-00013", numCalls: 2 },
      sharedTools: ["get_tides"],
      missingTools: ["get_price"],
      otherTools: ["get_weather"],
    });
    expect([...closest!.sharedWords].sort()).toEqual(["get", "port", "tides", "zurich"]);
    expect([...closest!.missingWords].sort()).toEqual(["dakar", "price"]);
  });
});
