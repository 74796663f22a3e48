// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { dropUnsent, keepUnsent, laterDraft, readUnsent } from "./unsentDrafts.ts";

const place = { workspace: "/w", id: "T-00001", author: "ann" };
const draft = (at: string) =>
  ({ baseRevision: 2, content: { tools: [], turns: [{ role: "user", content: "q" }], metadata: {} }, at }) as const;

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

describe("a draft that the core has not got", () => {
  it("is found again by workspace, trajectory and author only, until it is dropped", () => {
    keepUnsent(place, draft("1"));
    expect(readUnsent(place)).toEqual(draft("1"));
    for (const other of [{ workspace: "/v" }, { id: "T-00002" }, { author: "ben" }]) expect(readUnsent({ ...place, ...other })).toBeNull();
    dropUnsent(place);
    expect(readUnsent(place)).toBeNull();
  });

  it("is none where the browser keeps something else, or nothing", () => {
    keepUnsent(place, { ...draft("1"), content: {} as never });
    expect(readUnsent(place)).toBeNull();
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("full");
    });
    expect(() => keepUnsent(place, draft("1"))).not.toThrow();
  });

  it("gives way to a later one that the core has", () => {
    expect(laterDraft(draft("2"), draft("1"))!.at).toBe("2");
    expect(laterDraft(draft("1"), draft("2"))!.at).toBe("2");
    expect(laterDraft(null, draft("1"))!.at).toBe("1");
    expect(laterDraft(draft("1"), null)!.at).toBe("1");
    expect(laterDraft(null, null)).toBeNull();
  });
});
