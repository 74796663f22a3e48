import { describe, expect, it, vi } from "vitest";
import { PageCache } from "./pageCache.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve));

function cacheOver(total: number, maxPages = 3) {
  const fetchPage = vi.fn(async (offset: number, limit: number) => ({
    total,
    rows: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, i) => `row ${offset + i}`),
  }));
  const onChange = vi.fn();
  return { fetchPage, onChange, cache: new PageCache<string>({ pageSize: 200, maxPages, fetchPage, onChange }) };
}

describe("PageCache", () => {
  it("asks for a page once, however many of its rows are wanted", async () => {
    const { cache, fetchPage } = cacheOver(1000);
    expect([cache.rowAt(0), cache.rowAt(1), cache.rowAt(199)]).toEqual([undefined, undefined, undefined]);
    await settle();
    expect(fetchPage.mock.calls).toEqual([[0, 200, expect.any(AbortSignal)]]);
    expect([cache.rowAt(0), cache.rowAt(199), cache.total]).toEqual(["row 0", "row 199", 1000]);
  });

  it("drops the page that was not looked at for longest", async () => {
    const { cache, fetchPage } = cacheOver(2000, 2);
    for (const index of [0, 200]) {
      cache.rowAt(index);
      await settle();
    }
    cache.rowAt(5);
    cache.rowAt(400);
    await settle();
    expect(cache.peek(0)).toBe("row 0");
    expect(cache.peek(200)).toBeUndefined();
    expect(fetchPage).toHaveBeenCalledTimes(3);
  });

  it("says what went wrong and asks again only when told to", async () => {
    const { cache, fetchPage, onChange } = cacheOver(10);
    fetchPage.mockRejectedValueOnce(new Error("gone"));
    cache.rowAt(0);
    await settle();
    expect(cache.error).toEqual(new Error("gone"));
    cache.rowAt(0);
    await settle();
    expect(fetchPage).toHaveBeenCalledTimes(1);
    cache.retry();
    cache.rowAt(0);
    await settle();
    expect([cache.error, cache.rowAt(0)]).toEqual([null, "row 0"]);
    expect(onChange).toHaveBeenCalledTimes(3);
  });

  it("ignores answers that arrive after it was closed", async () => {
    const { cache, onChange } = cacheOver(10);
    cache.rowAt(0);
    cache.close();
    await settle();
    expect(onChange).not.toHaveBeenCalled();
    expect(cache.total).toBeNull();
  });
});
