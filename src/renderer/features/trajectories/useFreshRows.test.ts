// @vitest-environment happy-dom
import { createPinia, setActivePinia } from "pinia";
import { createApp, effectScope } from "vue";
import { describe, expect, it } from "vitest";
import type { Change } from "#contracts/changes.ts";
import type { TrajectorySummary } from "#contracts/trajectory.ts";
import { CLIENT, type Client } from "../../transport/client.ts";
import { useHistory } from "../../transport/useHistory.ts";
import { useFreshRows } from "./useFreshRows.ts";

const row = (revision: number): TrajectorySummary => ({ id: "T-00003", revision }) as TrajectorySummary;
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("rows of the list", () => {
  it("are read again as soon as this page has taken a change back, without waiting for the news", async () => {
    const asked: unknown[] = [];
    const change = { id: 9, title: "Undid: Rejected T-00003", numTrajectories: 1, numSkipped: 0, firstTrajectory: "T-00003" } as Change;
    const client = {
      trajectories: {
        list: async ({ filter }: { filter: unknown }) => {
          asked.push(filter);
          return { rows: [row(3)] };
        },
      },
      changes: { undo: async () => ({ change, changeId: 9, jobId: null, numChosen: 1 }), next: async () => ({ undo: null, redo: null }) },
    } as unknown as Client;
    const pinia = createPinia();
    setActivePinia(pinia);
    const app = createApp({}).use(pinia).provide(CLIENT, client);
    const fresh = effectScope().run(() => app.runWithContext(useFreshRows))!;
    expect(fresh.freshOf(row(2)).revision).toBe(2);
    const history = useHistory();
    expect(await history.reverse(client, "undo")).toEqual(change);
    expect(history.reversed).toEqual(change);
    await settled();
    expect(asked).toEqual([{ ids: ["T-00003"] }]);
    expect(fresh.freshOf(row(2)).revision).toBe(3);
  });
});
