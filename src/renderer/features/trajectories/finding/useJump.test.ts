import { describe, expect, it } from "vitest";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import type { Client } from "../../../transport/client.ts";
import { whereaboutsOf } from "./useJump.ts";

/** Knows T-00001 to T-00003, of which the filter lets through the second. */
const client = {
  trajectories: {
    offsetOf: async ({ id, filter }: { id: string; filter: TrajectoryFilter }) => {
      const number = Number(id.slice(2));
      if (number > 3) return { offset: null };
      return { offset: Object.keys(filter).length === 0 ? number - 1 : number === 2 ? 0 : null };
    },
  },
} as unknown as Client;

describe("where an id leads", () => {
  it("tells what is listed from what the filter leaves out and from what is not there", async () => {
    const where = (id: string) => whereaboutsOf(client, id, { split: "test" });
    expect(await Promise.all(["T-00002", "T-00003", "T-00004"].map(where))).toEqual(["listed", "outside", "absent"]);
    expect(await whereaboutsOf(client, "T-00003", {})).toBe("listed");
  });
});
