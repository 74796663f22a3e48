import { effectScope, nextTick, shallowRef } from "vue";
import { describe, expect, it } from "vitest";
import type { CaseTrace, TracedExample } from "#contracts/tracing.ts";
import { useChosenExamples } from "./useChosenExamples.ts";

const example = (index: number): TracedExample => ({ index, trajectories: [] }) as unknown as TracedExample;
const traceOf = (at: string): CaseTrace =>
  ({
    caseId: "C-0001",
    at,
    groups: [{ examples: [example(1), example(2)] }, { examples: [example(3)] }],
    opponents: [example(9)],
  }) as unknown as CaseTrace;

function chooser() {
  const trace = shallowRef<CaseTrace | null>(traceOf("today"));
  return { trace, examples: effectScope().run(() => useChosenExamples(() => trace.value))! };
}
const meant = ({ examples }: ReturnType<typeof chooser>) => examples.meant.value.map(({ index }) => index);

describe("chosen examples", () => {
  it("are what an action means, else the opened one, else the one that has the focus; never what the pointer passes", () => {
    const all = chooser();
    all.examples.hovered.value = 3;
    expect([meant(all), all.examples.marked.value]).toEqual([[], 3]);
    all.examples.current.value = 1;
    expect([meant(all), all.examples.marked.value]).toEqual([[1], 3]);
    all.examples.opened.value = 9;
    expect(meant(all)).toEqual([9]);
    all.examples.toggle(3);
    expect(meant(all)).toEqual([3]);
    all.examples.toggle(3);
    expect(meant(all)).toEqual([9]);
  });

  it("take in what is nearly the same as any of them", () => {
    const all = chooser();
    all.examples.current.value = 2;
    all.examples.addAllLikeThem();
    expect(meant(all)).toEqual([1, 2]);
  });

  it("are forgotten with another trace of the case", async () => {
    const all = chooser();
    all.examples.add([1, 3]);
    all.trace.value = traceOf("tomorrow");
    await nextTick();
    expect([all.examples.chosen.value.size, all.examples.current.value]).toEqual([0, null]);
  });
});
