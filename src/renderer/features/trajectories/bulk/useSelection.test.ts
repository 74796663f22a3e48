import { effectScope, nextTick, ref } from "vue";
import { describe, expect, it } from "vitest";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import { useSelection } from "./useSelection.ts";

function selectionOf(total: number) {
  const filter = ref<TrajectoryFilter>({ split: "train" });
  const selection = effectScope().run(() => useSelection({ filter, total: ref<number | null>(total) }))!;
  return { filter, selection };
}

describe("a selection", () => {
  it("by hand names its trajectories", () => {
    const { selection } = selectionOf(9);
    selection.toggle("T-00001");
    selection.add(["T-00002", "T-00003"]);
    selection.toggle("T-00002");
    expect([selection.count.value, selection.selection.value]).toEqual([2, { ids: ["T-00001", "T-00003"] }]);
    expect([selection.isSelected("T-00003"), selection.isSelected("T-00002")]).toEqual([true, false]);
  });

  it("of all is the filter, whatever page is shown, without those taken out", () => {
    const { selection } = selectionOf(1206);
    selection.toggle("T-00009");
    selection.selectAll();
    selection.toggle("T-00001");
    expect([selection.count.value, selection.selection.value]).toEqual([1205, { filter: { split: "train" }, except: ["T-00001"] }]);
    expect([selection.isSelected("T-00001"), selection.isSelected("T-00777")]).toEqual([false, true]);
    selection.add(["T-00001"]);
    expect(selection.count.value).toBe(1206);
  });

  it("of all ends with its filter; one by hand stays", async () => {
    const { selection, filter } = selectionOf(9);
    selection.toggle("T-00001");
    filter.value = { text: "x" };
    await nextTick();
    expect(selection.count.value).toBe(1);
    selection.selectAll();
    filter.value = {};
    await nextTick();
    expect([selection.count.value, selection.isAll.value]).toEqual([0, false]);
  });
});
