import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "#contracts/changes.ts";
import { AppError } from "#contracts/errors.ts";
import type { TrajectoryContent, UserTurn } from "#contracts/trajectory.ts";
import { summaryOf } from "#core/trajectories/summary.ts";
import { openTestCore, temporaryFolder } from "../../../test/fixtures/openTestCore.ts";
import type { Core } from "../core.ts";
import { getTrajectory } from "../trajectories.ts";
import { changeTrajectories, reverseChange } from "./changeTrajectories.ts";
import { contentOfRevision, historyOf, restoreRevision, reviseTrajectory, saveDraft } from "./reviseTrajectory.ts";

let core: Core;
let folder: string;
beforeEach(() => {
  folder = join(temporaryFolder(), "workspace");
  core = openTestCore(folder);
});

const content = (user: string): TrajectoryContent => ({
  tools: [{ name: "get_fee", description: "", parameters: { type: "object", properties: { ref: { type: "string" } } } }],
  turns: [
    { role: "user", content: user },
    { role: "assistant", calls: [{ name: "get_fee", argumentsText: '{"ref":"A1"}', arguments: { ok: true, value: { ref: "A1" } } }] },
  ],
  metadata: {},
});

function add(count: number): string[] {
  const { store } = core;
  return store.transaction(() => {
    const source = store.sources.ensure({ sha256: "s", format: "openai-chat", name: "s", path: "/s", numBytes: 1 });
    return Array.from({ length: count }, (_, i) => {
      const each = content(`question ${i}`);
      const contentId = store.contents.write(each, summaryOf(each));
      const revision = { author: "import", reason: "imported", at: "2026-01-01" };
      return `T-${String(store.trajectories.add({ sourceId: source.id, split: "train", contentId, ...revision })).padStart(5, "0")}`;
    });
  });
}
const ann = { author: "ann", reason: "" };
const ben = { author: "ben", reason: "" };
const REJECT: Operation = { type: "status", status: "rejected" };
const answer = (...options: string[]): Operation => ({ type: "label", question: "outcome", place: {}, options, adjudicate: false });
const state = (id: string) => {
  const { trajectory, review, summary } = getTrajectory(core, id);
  return { user: (trajectory.turns[0] as UserTurn).content, split: summary.split, ...review };
};
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return AppError.from(error).code;
  }
  return "none";
};
const edit = (id: string, user: string, author = ann, baseRevision = getTrajectory(core, id).revision.number) =>
  reviseTrajectory(core, { id, baseRevision, content: content(user), ...author });

describe("a change", () => {
  it("names questions and answers by their titles, and what the scheme no longer has by its id", () => {
    const [id] = add(1);
    const titleOf = (operation: Operation) => changeTrajectories(core, { ids: [id!] }, operation, ann).change?.title;
    const label = { type: "label", place: {}, adjudicate: false } as const;
    expect(titleOf({ ...label, question: "outcome", options: ["partly"] })).toBe(
      `Answered "Does it do what the user asked?" of ${id}: Partly`,
    );
    expect(titleOf({ ...label, question: "outcome", options: ["no"], adjudicate: true })).toBe(
      `Settled "Does it do what the user asked?" of ${id}`,
    );
    expect(titleOf({ ...label, question: "gone", options: ["x"] })).toBe(`Answered "gone" of ${id}: x`);
    expect(titleOf({ ...label, question: "outcome", options: [] })).toBe(
      `Took back the answer to "Does it do what the user asked?" of ${id}`,
    );
  });

  it("is one entry, undone and made again as a whole", () => {
    const ids = add(5);
    changeTrajectories(core, { ids }, REJECT, ann);
    changeTrajectories(core, { ids: ids.slice(0, 2) }, { type: "split", split: "test" }, ann);
    expect(ids.map((id) => [state(id).status, state(id).split])).toEqual([
      ["rejected", "test"],
      ["rejected", "test"],
      ["rejected", "train"],
      ["rejected", "train"],
      ["rejected", "train"],
    ]);
    reverseChange(core, "undo", ann);
    expect(ids.map((id) => state(id).split)).toEqual(Array(5).fill("train"));
    reverseChange(core, "undo", ann);
    expect(ids.map((id) => state(id).status)).toEqual(Array(5).fill("unreviewed"));
    expect(codeOf(() => reverseChange(core, "undo", ann))).toBe("E_NOTHING_TO_UNDO");
    reverseChange(core, "redo", ann);
    reverseChange(core, "redo", ann);
    expect([state(ids[0]!).status, state(ids[0]!).split]).toEqual(["rejected", "test"]);
    expect(codeOf(() => reverseChange(core, "redo", ann))).toBe("E_NOTHING_TO_UNDO");
    expect(core.store.changes.recent(9).map(({ title }) => title)).toEqual([
      "Redid: Moved 2 trajectories to test",
      "Redid: Rejected 5 trajectories",
      "Undid: Rejected 5 trajectories",
      "Undid: Moved 2 trajectories to test",
      "Moved 2 trajectories to test",
      "Rejected 5 trajectories",
    ]);
  });

  it("ends what could be made again", () => {
    const [id] = add(1) as [string];
    changeTrajectories(core, { ids: [id] }, REJECT, ann);
    reverseChange(core, "undo", ann);
    edit(id, "other");
    expect(codeOf(() => reverseChange(core, "redo", ann))).toBe("E_NOTHING_TO_UNDO");
  });

  it("is the author's to undo, and leaves what others did to the same thing since", () => {
    const [one, two] = add(2) as [string, string];
    changeTrajectories(core, { ids: [one, two] }, REJECT, ann);
    changeTrajectories(core, { ids: [one] }, { type: "status", status: "accepted" }, ben);
    changeTrajectories(core, { ids: [two] }, { type: "split", split: "test" }, ben);
    const undone = reverseChange(core, "undo", ann);
    expect(undone.change).toMatchObject({ kind: "undo", numTrajectories: 1, numSkipped: 1 });
    expect([state(one).status, state(two).status, state(two).split]).toEqual(["accepted", "unreviewed", "test"]);
    expect(core.store.changes.skipped(undone.changeId, 9)).toEqual([{ trajectoryId: one, reason: "its status was changed since" }]);
  });

  it("of a label is taken back beside labels and notes that others added since, but not under an answer of theirs to the same", () => {
    const [one, two] = add(2) as [string, string];
    changeTrajectories(core, { ids: [one, two] }, answer("yes"), ann);
    changeTrajectories(core, { ids: [one] }, answer("no"), ben);
    changeTrajectories(core, { ids: [one] }, { type: "note", text: "look" }, ben);
    changeTrajectories(core, { ids: [two] }, answer("yes"), ben);
    expect(reverseChange(core, "undo", ann).change).toMatchObject({ numTrajectories: 2, numSkipped: 0 });
    const labels = (id: string) => state(id).annotations.labels.map(({ annotator, options }) => `${annotator}: ${options.join()}`);
    expect([labels(one), labels(two), state(one).annotations.notes.length]).toEqual([["ben: no"], ["ben: yes"], 1]);
    reverseChange(core, "redo", ann);
    expect(labels(one).sort()).toEqual(["ann: yes", "ben: no"]);

    // both settle the same: whoever came last stands
    const settle = (option: string): Operation => ({ ...answer(option), adjudicate: true }) as Operation;
    changeTrajectories(core, { ids: [two] }, settle("yes"), ann);
    changeTrajectories(core, { ids: [two] }, settle("no"), ben);
    expect(reverseChange(core, "undo", ann).change).toMatchObject({ numTrajectories: 0, numSkipped: 1 });
    expect(labels(two)).toContain("=: no");
  });

  it("asked for twice is made once", () => {
    const ids = add(2);
    const request = { ...ann, request: "page-1/7" };
    const first = changeTrajectories(core, { ids }, { type: "note", text: "look" }, request);
    const again = changeTrajectories(core, { ids }, { type: "note", text: "look" }, request);
    expect(again.changeId).toBe(first.changeId);
    expect(state(ids[0]!).annotations.notes).toHaveLength(1);
  });

  it("keeps labels of several people, and takes back one's own", () => {
    const [id] = add(1) as [string];
    const say = (author: typeof ann, ...options: string[]) => changeTrajectories(core, { ids: [id] }, answer(...options), author);
    say(ann, "yes");
    say(ben, "no");
    say(ann, "partly");
    const labels = () => state(id).annotations.labels.map(({ annotator, options }) => `${annotator}: ${options.join()}`);
    expect(labels()).toEqual(["ann: partly", "ben: no"]);
    say(ben);
    expect(labels()).toEqual(["ann: partly"]);
  });

  it("to many is a job over what was chosen when it started, and goes on after a kill", async () => {
    const ids = add(300);
    const { changeId, jobId, numChosen } = changeTrajectories(core, { filter: {}, except: [ids[7]!] }, REJECT, ann);
    expect([numChosen, typeof jobId]).toEqual([299, "string"]);
    expect(codeOf(() => reverseChange(core, "undo", ann))).toBe("E_CHANGE_BUSY");
    // the end of the core interrupts it, as a kill would
    await core.close();
    core = openTestCore(folder);
    const job = core.jobs.list().find(({ kind }) => kind === "change")!;
    await core.jobs.ended(job.id);
    expect(core.store.changes.get(changeId)).toMatchObject({ state: "applied", numTrajectories: 299, numSkipped: 0 });
    expect(ids.filter((id) => state(id).status !== "rejected")).toEqual([ids[7]]);

    const undo = reverseChange(core, "undo", ann);
    await core.jobs.ended(undo.jobId!);
    expect(ids.every((id) => state(id).status === "unreviewed")).toBe(true);
    expect(historyOf(core, ids[0]!).map(({ changed }) => changed)).toEqual([[], ["status"], ["status"]]);
  });
});

describe("an edit", () => {
  it("is a revision with author and reason, and any revision comes back", () => {
    const [id] = add(1) as [string];
    expect(reviseTrajectory(core, { id, baseRevision: 1, content: content("second"), author: "ann", reason: "typo" })).toMatchObject({
      revision: 2,
      change: { title: `Edited ${id}`, reason: "typo" },
    });
    edit(id, "third");
    expect(contentOfRevision(core, id, 2).turns[0]).toEqual({ role: "user", content: "second" });
    restoreRevision(core, { id, revision: 1, ...ann });
    expect(state(id).user).toBe("question 0");
    expect(historyOf(core, id).map(({ author, changed }) => [author, ...changed])).toEqual([
      ["import"],
      ["ann", "content"],
      ["ann", "content"],
      ["ann", "content"],
    ]);
  });

  it("that changes nothing is no revision", () => {
    const [id] = add(1) as [string];
    expect(edit(id, "question 0")).toEqual({ revision: 1, change: null });
  });

  it("of a revision that somebody replaced is refused and kept as a draft", () => {
    const [id] = add(1) as [string];
    edit(id, "by ben", ben, 1);
    saveDraft(core, { id, baseRevision: 1, content: content("by ann"), author: "ann" });
    expect(codeOf(() => edit(id, "by ann", ann, 1))).toBe("E_EDIT_CONFLICT");
    expect([state(id).user, getTrajectory(core, id, "ann").draft?.content.turns[0]]).toEqual([
      "by ben",
      { role: "user", content: "by ann" },
    ]);
    // resolved on top of the other's
    edit(id, "by both", ann, 2);
    expect([state(id).user, getTrajectory(core, id, "ann").draft]).toEqual(["by both", null]);
  });

  it("goes through where only the review went on meanwhile", () => {
    const [id] = add(1) as [string];
    changeTrajectories(core, { ids: [id] }, REJECT, ben);
    expect(edit(id, "by ann", ann, 1).revision).toBe(3);
    expect(state(id)).toMatchObject({ user: "by ann", status: "rejected" });
  });

  it("reads arguments again from their text", () => {
    const [id] = add(1) as [string];
    const wrong = structuredClone(content("x"));
    const call = { name: "get_fee", argumentsText: '{"ref":', arguments: { ok: true as const, value: { ref: "made up" } } };
    reviseTrajectory(core, {
      id,
      baseRevision: 1,
      content: { ...wrong, turns: [wrong.turns[0]!, { role: "assistant", calls: [call] }] },
      ...ann,
    });
    const turn = getTrajectory(core, id).trajectory.turns[1]!;
    expect(turn.role === "assistant" && turn.calls[0]!.arguments.ok).toBe(false);
  });
});

describe("splits drawn anew", () => {
  it("keep equal questions together, whatever their spelling", () => {
    const ids = add(90);
    edit(ids[1]!, "  QUESTION   0 ");
    changeTrajectories(core, { ids }, { type: "resplit", validation: 0.3, test: 0.3, seed: 4 }, ann);
    expect(state(ids[1]!).split).toBe(state(ids[0]!).split);
    expect(new Set(ids.map((id) => state(id).split))).toEqual(new Set(["train", "validation", "test"]));
  });
});

describe("a frozen version", () => {
  it("has a hash of the data, and differs from another by the revisions between them", () => {
    const ids = add(4);
    const freeze = (name: string) =>
      core.store.transaction(() => core.store.dataVersions.freeze({ name, author: "ann", note: "", at: "2026" }));
    const first = freeze("first");
    edit(ids[0]!, "new");
    changeTrajectories(core, { ids: [ids[1]!] }, REJECT, ann);
    changeTrajectories(core, { ids: [ids[2]!] }, REJECT, ann);
    reverseChange(core, "undo", ann);
    const second = freeze("second");
    expect(second.hash).not.toBe(first.hash);
    expect(core.store.dataVersions.diff(first.id, second.id, 0, 9)).toMatchObject({
      total: 2,
      added: 0,
      rows: [
        { trajectoryId: ids[0], from: 1, to: 2, changed: ["content"] },
        { trajectoryId: ids[1], from: 1, to: 2, changed: ["status"] },
      ],
    });
    reverseChange(core, "undo", ann);
    reverseChange(core, "undo", ann);
    expect(freeze("third").hash).toBe(first.hash);
    expect(codeOf(() => freeze("third"))).toBe("E_VERSION_EXISTS");
  });
});
