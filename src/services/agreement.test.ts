import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgreementProgress, QuestionAgreement } from "#contracts/agreement.ts";
import { openTestCore, temporaryFolder } from "../../test/fixtures/openTestCore.ts";
import { chooseSecondPass, listDisagreements, readAgreement } from "./agreement.ts";
import { changeTrajectories } from "./changes/changeTrajectories.ts";
import type { Core } from "./core.ts";
import { startImport } from "./importDataset.ts";
import { getTrajectory } from "./trajectories.ts";

async function messagesOf(core: Core, signal?: AbortSignal): Promise<readonly AgreementProgress[]> {
  const messages: AgreementProgress[] = [];
  for await (const message of readAgreement(core, signal)) messages.push(message);
  return messages;
}
const agreementOf = async (core: Core): Promise<readonly QuestionAgreement[]> => (await messagesOf(core)).at(-1)!.questions;

describe("agreement over a workspace", () => {
  it("is measured from labels, lists what is unsettled, and keeps a second look apart", async () => {
    const core = openTestCore();
    const path = join(temporaryFolder(), "rows.jsonl");
    const row = (i: number) =>
      JSON.stringify({
        messages: [
          { role: "user", content: `q${i}` },
          { role: "assistant", content: "a" },
        ],
      });
    writeFileSync(path, Array.from({ length: 24 }, (_, i) => row(i)).join("\n"));
    await startImport(core, { paths: [path] }).ended;
    const ids: readonly string[] = core.store.trajectories.summaries(core.store.lists.page({}, 0, 24).numbers).map(({ id }) => id);
    const answer = (author: string, chosen: readonly string[], option: string, more: object = {}) =>
      changeTrajectories(
        core,
        { ids: [...chosen] },
        { type: "label", question: "outcome", place: {}, options: [option], adjudicate: false, ...more },
        { author, reason: "" },
      );
    expect(await agreementOf(core)).toEqual([]);

    answer("ann", ids.slice(0, 12), "yes");
    answer("ann", ids.slice(12), "no");
    answer("ben", ids.slice(0, 11), "yes");
    answer("ben", ids.slice(11), "no");
    answer("ann", ids.slice(0, 2), "no", { secondPass: true });
    const [measured] = await agreementOf(core);
    expect(measured).toMatchObject({
      question: { id: "outcome" },
      annotators: ["ann", "ben"],
      numUnits: 24,
      percent: { value: 23 / 24 },
      pairs: [{ annotators: ["ann", "ben"], numTrajectories: 24, kappa: { gap: null } }],
      selfAgreement: [{ annotators: ["ann", "ann"], numUnits: 2, percent: { value: 0, gap: "too-few" } }],
    });
    expect(
      getTrajectory(core, ids[0]!)
        .review.annotations.labels.map((label) => label.annotator)
        .sort(),
    ).toEqual(["ann", "ann~2", "ben"]);
    expect(core.store.lists.page({ disputed: true }, 0, 9).total).toBe(1);

    expect(listDisagreements(core, 0, 9)).toMatchObject({ total: 1, rows: [{ trajectoryId: ids[11], question: "outcome", place: {} }] });
    // the same labels are not read again for another page, other ones are
    const { annotations } = core.store;
    const { used } = annotations;
    let numRead = 0;
    Object.assign(annotations, { used: () => (numRead++, used()) });
    expect([listDisagreements(core, 1, 9), numRead]).toEqual([{ total: 1, rows: [] }, 0]);
    answer("cid", [ids[11]!], "yes", { adjudicate: true });
    expect(listDisagreements(core, 0, 9)).toEqual({ total: 0, rows: [] });

    // alpha, one pair, two second looks; whole only at the end
    answer("ben", ids.slice(0, 1), "no");
    const messages = await messagesOf(core);
    expect(messages.map(({ questions, done, total }) => [questions.length, done, total])).toEqual([
      ...[0, 1, 2, 3].map((done) => [0, done, 4]),
      [1, 4, 4],
    ]);
    // the same labels are not measured again, other ones are
    expect(await messagesOf(core)).toEqual(messages.slice(-1));
    answer("ben", ids.slice(0, 1), "yes");
    expect((await messagesOf(core)).length).toBeGreaterThan(1);
    expect(await messagesOf(core, AbortSignal.abort())).toHaveLength(1);
    answer("ben", ids.slice(0, 1), "no");
    expect(await messagesOf(core, AbortSignal.abort())).toEqual([]);

    changeTrajectories(core, { ids: ids.slice(0, 6) }, { type: "status", status: "accepted" }, { author: "ann", reason: "" });
    const drawn = chooseSecondPass(core, { annotator: "ann", size: 8, seed: 3 });
    expect([drawn.length, drawn.filter((id) => ids.indexOf(id) < 6).length]).toEqual([8, 2]);
    expect(chooseSecondPass(core, { annotator: "nobody", size: 8, seed: 3 })).toEqual([]);
  });
});
