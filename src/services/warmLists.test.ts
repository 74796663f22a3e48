import { expect, it, onTestFinished } from "vitest";
import type { Operation } from "#contracts/changes.ts";
import type { TrajectoryContent } from "#contracts/trajectory.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { annotationColumns } from "#store/annotationColumns.ts";
import { contentColumns } from "#store/contentColumns.ts";
import { editorColumns } from "#store/editorColumns.ts";
import { trajectoryIdOf } from "#store/ids.ts";
import { openWorkerConnection } from "#store/openDatabase.ts";
import { trajectoryColumns } from "#store/trajectoryColumns.ts";
import { openTestCore } from "../../test/fixtures/openTestCore.ts";
import { changeTrajectories } from "./changes/changeTrajectories.ts";
import { indexContents } from "./indexContents.ts";

const answer = (option: string): Operation => ({ type: "label", question: "outcome", place: {}, options: [option], adjudicate: false });

/** Typed arrays have room beyond their length. */
function filled(columns: { readonly length: number }): Record<string, unknown> {
  const cut = (value: unknown): unknown =>
    value instanceof Int32Array || value instanceof Uint8Array ? [...value.subarray(0, columns.length)] : value;
  return Object.fromEntries(Object.entries(columns).map(([key, value]) => [key, cut(value)]));
}

it("columns read in stretches are those read at once, whatever changes in between", () => {
  const core = openTestCore();
  const { store } = core;
  const sourceId = store.sources.ensure({ sha256: "s", format: "openai-chat", name: "s", path: "/s", numBytes: 1 }).id;
  const add = (count: number): void => {
    store.transaction(() => {
      for (let i = 0; i < count; i++) {
        const content: TrajectoryContent = { tools: [], turns: [{ role: "user", content: `${Math.random()}` }], metadata: {} };
        const contentId = store.contents.write(content, summaryOf(content));
        store.trajectories.add({ sourceId, split: "train", contentId, author: "import", reason: "", at: "2026-01-01" });
      }
    });
    indexContents(store, { report: () => undefined, checkpoint: () => undefined });
  };
  const change = (numbers: readonly number[], operation: Operation, author: string): void => {
    changeTrajectories(core, { ids: numbers.map(trajectoryIdOf) }, operation, { author, reason: "" });
  };
  const db = openWorkerConnection(core.paths.database);
  onTestFinished(() => void db.close());
  const columnsOf = () => [trajectoryColumns(db), contentColumns(db), annotationColumns(db)] as const;
  const newest = (): number => trajectoryColumns(db).read().version;

  add(9);
  change([1, 2, 3], answer("yes"), "ann");
  const [stretches, editors] = [columnsOf(), editorColumns(db)];
  expect(stretches.map((columns) => columns.readSome(1))).toEqual([true, true, true]);
  expect(editors.readSome(newest(), 1)).toBe(true);
  change([1, 8], { type: "status", status: "rejected" }, "ben");
  change([3, 4], answer("no"), "cleo");
  add(2);
  for (const columns of stretches) while (columns.readSome(2));
  while (editors.readSome(newest(), 2));

  const whole = columnsOf();
  expect(stretches.map((columns) => filled(columns.read()))).toEqual(whole.map((columns) => filled(columns.read())));
  expect(stretches[0].read()).toMatchObject({ length: 11 });
  const byPerson = (found: ReturnType<typeof editors.read>) =>
    [...found].map(([name, revised]) => [name, [...revised.keys()].filter((id) => revised[id] === 1)]);
  expect(byPerson(editors.read(newest()))).toEqual(byPerson(editorColumns(db).read(newest())));
  expect(byPerson(editors.read(newest()))).toEqual([
    ["ann", [1, 2, 3]],
    ["ben", [1, 8]],
    ["cleo", [3, 4]],
  ]);
});
