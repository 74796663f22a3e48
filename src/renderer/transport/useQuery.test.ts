import { createPinia, setActivePinia } from "pinia";
import { effectScope, nextTick, ref, type EffectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "#contracts/errors.ts";
import { useQuery, type Query } from "./useQuery.ts";
import { useWorkbench } from "./workbench.ts";

let scope: EffectScope;
beforeEach(() => {
  setActivePinia(createPinia());
  scope = effectScope();
});
afterEach(() => scope.stop());

/** A loader whose answers are given by hand, in any order. */
function byHand() {
  const answers: { key: string; answer: (value: string) => void; fail: (reason: unknown) => void; signal: AbortSignal }[] = [];
  const load = vi.fn(
    (key: string, signal: AbortSignal) => new Promise<string>((answer, fail) => answers.push({ key, answer, fail, signal })),
  );
  return { answers, load };
}
const settle = async () => {
  await nextTick();
  await new Promise((resolve) => setTimeout(resolve));
};
const open = (key: () => string | null, load: (key: string, signal: AbortSignal) => Promise<string>): Query<string> =>
  scope.run(() => useQuery(load, { key, tables: ["runs"], pauseMs: 0 }))!;

describe("useQuery", () => {
  it("keeps the old answer until the new one has come", async () => {
    const { answers, load } = byHand();
    const key = ref("a");
    const query = open(() => key.value, load);
    answers[0]!.answer("first");
    await settle();
    key.value = "b";
    await settle();
    expect([query.data.value, query.isLoading.value]).toEqual(["first", true]);
    answers[1]!.answer("second");
    await settle();
    expect([query.data.value, query.isLoading.value]).toEqual(["second", false]);
  });

  it("drops an answer that comes after a later question", async () => {
    const { answers, load } = byHand();
    const key = ref("a");
    const query = open(() => key.value, load);
    key.value = "b";
    await settle();
    expect(answers[0]!.signal.aborted).toBe(true);
    answers[1]!.answer("of b");
    answers[0]!.answer("of a");
    await settle();
    expect(query.data.value).toBe("of b");
  });

  it("keeps the content beside an error, and loses the error with the next answer", async () => {
    const { answers, load } = byHand();
    const query = open(() => "a", load);
    answers[0]!.answer("content");
    await settle();
    query.reload();
    answers[1]!.fail(new AppError("E_DISK_FULL", { path: "/x" }));
    await settle();
    expect([query.data.value, query.error.value?.code]).toEqual(["content", "E_DISK_FULL"]);
    query.reload();
    answers[2]!.answer("content again");
    await settle();
    expect([query.data.value, query.error.value]).toEqual(["content again", null]);
  });

  it("asks again when its table has news, and only then", async () => {
    const { answers, load } = byHand();
    open(() => "a", load);
    answers[0]!.answer("x");
    await settle();
    const workbench = useWorkbench();
    workbench.versions.sources++;
    await settle();
    expect(load).toHaveBeenCalledTimes(1);
    workbench.versions.runs++;
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
  });

  it("asks nothing without a key", async () => {
    const { load } = byHand();
    const query = open(() => null, load);
    await settle();
    expect(load).not.toHaveBeenCalled();
    expect(query.data.value).toBeUndefined();
  });
});
