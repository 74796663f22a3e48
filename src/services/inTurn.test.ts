import { createRouterClient } from "@orpc/server";
import { describe, expect, it } from "vitest";
import { openTestCore } from "../../test/fixtures/openTestCore.ts";
import { inTurn } from "./inTurn.ts";
import { router } from "./router/index.ts";

describe("long questions", () => {
  it("are answered one after another, with a turn in which others are heard", async () => {
    const core = openTestCore();
    const done: string[] = [];
    setImmediate(() => {
      done.push("first turn");
      setImmediate(() => done.push("second turn"));
    });
    await Promise.all(["list", "facets"].map((name) => inTurn(core, undefined, () => done.push(name))));
    expect(done.indexOf("second turn")).toBeLessThan(done.indexOf("facets"));
    expect(done.filter((name) => !name.endsWith("turn"))).toEqual(["list", "facets"]);
  });

  it("that nobody waits for any more are not worked on, nor does one that fails keep the next from its turn", async () => {
    const core = openTestCore();
    const asked = new AbortController();
    const done: string[] = [];
    const first = inTurn(core, undefined, () => {
      // the next word was typed while this one was looked for
      asked.abort(new Error("superseded"));
      throw new Error("broken");
    });
    const second = inTurn(core, asked.signal, () => done.push("superseded"));
    const third = inTurn(core, undefined, () => done.push("newest"));
    await expect(first).rejects.toThrow("broken");
    await expect(second).rejects.toThrow("superseded");
    await third;
    expect(done).toEqual(["newest"]);
  });

  it("are the pages, the counts and the places of a list: a newer one takes them back before they begin", async () => {
    const core = openTestCore();
    const client = createRouterClient(router, { context: { core } });
    const walked: string[] = [];
    const { lists } = core.store;
    for (const name of ["page", "facets", "offsetOf"] as const) {
      const real = lists[name] as (...args: never[]) => unknown;
      Object.assign(lists, { [name]: (...args: never[]) => (walked.push(name), real(...args)) });
    }
    const older = new AbortController();
    const { signal } = older;
    const asked = [
      client.trajectories.list({ filter: { text: "the" }, offset: 0, limit: 9 }, { signal }),
      client.trajectories.facets({ filter: { text: "the" } }, { signal }),
      client.trajectories.offsetOf({ id: "T-00001", filter: { text: "the" } }, { signal }),
    ];
    older.abort();
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(walked).toEqual([]);
    await client.trajectories.facets({ filter: { text: "them" } });
    expect(walked).toEqual(["facets"]);
  });
});
