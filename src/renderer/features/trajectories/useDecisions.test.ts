import { describe, expect, it, vi } from "vitest";
import { AppError } from "#contracts/errors.ts";
import type { Client } from "../../transport/client.ts";
import { createDecisions } from "./useDecisions.ts";

type Wish = { operation: { status: string }; request: string };
function decisionsOver(answer: (wish: Wish) => Promise<unknown>) {
  const asked: Wish[] = [];
  const settled: string[] = [];
  const apply = (wish: Wish) => {
    asked.push(wish);
    return answer(wish);
  };
  const decisions = createDecisions({ changes: { apply } } as unknown as Client, (id) => void settled.push(id));
  return { decisions, asked, settled };
}

describe("a decision", () => {
  it("shows before the core has answered, and until what the core made of it was read", async () => {
    const { decisions, settled } = decisionsOver(async () => ({}));
    const done = decisions.decide("T-00001", "accepted", "ann");
    expect(decisions.pending.get("T-00001")).toBe("accepted");
    await done;
    expect([decisions.pending.size, settled]).toEqual([0, ["T-00001"]]);
  });

  it("is asked for again under the same name where the answer was lost", async () => {
    const answer = vi.fn(async () => ({}) as unknown);
    answer.mockRejectedValueOnce(new AppError("E_CONNECTION_LOST"));
    const { decisions, asked } = decisionsOver(answer);
    await decisions.decide("T-00001", "accepted", "ann");
    expect(asked.map(({ request }) => request)).toEqual([asked[0]!.request, asked[0]!.request]);
    expect(decisions.failed.size).toBe(0);
  });

  it("is taken back with its reason where it was refused, and can be made again", async () => {
    const answer = vi.fn(async () => ({}) as unknown);
    answer.mockRejectedValueOnce(new AppError("E_NOT_FOUND", { what: "trajectory", id: "T-00001" }));
    const { decisions } = decisionsOver(answer);
    await decisions.decide("T-00001", "rejected", "ann");
    expect([decisions.pending.size, decisions.failed.get("T-00001")?.error.code]).toEqual([0, "E_NOT_FOUND"]);
    await decisions.decide("T-00001", "rejected", "ann");
    expect(decisions.failed.size).toBe(0);
  });

  it("on one trajectory waits for the one before, and the last pressed is what shows", async () => {
    let release: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (release = resolve));
    const { decisions, asked } = decisionsOver(({ operation }) => (operation.status === "accepted" ? first : Promise.resolve()));
    const one = decisions.decide("T-00001", "accepted", "ann");
    const two = decisions.decide("T-00001", "flagged", "ann");
    await Promise.resolve();
    expect([asked.length, decisions.pending.get("T-00001")]).toEqual([1, "flagged"]);
    release();
    await one;
    expect(decisions.pending.get("T-00001")).toBe("flagged");
    await two;
    expect([asked.map(({ operation }) => operation.status), decisions.pending.size]).toEqual([["accepted", "flagged"], 0]);
  });
});
