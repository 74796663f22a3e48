// @vitest-environment happy-dom
import { mount } from "@vue/test-utils";
import { computed, ref, shallowRef } from "vue";
import { describe, expect, it } from "vitest";
import type { TrajectoryFilter } from "#contracts/procedures/trajectories.ts";
import FilterChips from "./FilterChips.vue";
import NoMatch from "./NoMatch.vue";
import type { Facets } from "./useFacets.ts";
import type { TrajectoryList } from "../useTrajectoryList.ts";

const CONDITIONS = [
  { key: "split", name: "Split", value: "test" },
  { key: "status", name: "Status", value: "Accepted or Flagged" },
  { key: "calls", name: "Calls", value: "at least 2" },
] as const;

describe("FilterChips", () => {
  const chipsOf = (conditions: readonly (typeof CONDITIONS)[number][] = CONDITIONS) => {
    const chips = mount(FilterChips, { props: { conditions }, attachTo: document.body });
    const words = () => chips.findAll("[data-chip]");
    return { chips, words };
  };

  it("say name and value, and are one tab stop that arrows walk through", async () => {
    const { chips, words } = chipsOf();
    expect(words().map((chip) => chip.attributes("aria-label"))).toEqual(
      CONDITIONS.map(({ name, value }) => `${name}: ${value}. Enter shows its values, Delete removes the condition`),
    );
    expect(words().map((chip) => chip.attributes("tabindex"))).toEqual(["0", "-1", "-1"]);
    await words()[0]!.trigger("keydown", { key: "ArrowRight" });
    await new Promise((resolve) => setTimeout(resolve));
    expect(document.activeElement).toBe(words()[1]!.element);
    expect(words().map((chip) => chip.attributes("tabindex"))).toEqual(["-1", "0", "-1"]);
    chips.unmount();
  });

  it("are taken away by Delete and by their button, never by Backspace", async () => {
    const { chips, words } = chipsOf();
    await words()[1]!.trigger("keydown", { key: "Backspace" });
    expect(chips.emitted("remove")).toBeUndefined();
    await words()[1]!.trigger("keydown", { key: "Delete" });
    await chips.find('button[aria-label="Remove Calls: at least 2"]').trigger("click");
    expect(chips.emitted("remove")).toEqual([["status"], ["calls"]]);
    expect(chips.emitted("leave")).toBeUndefined();
    chips.unmount();
  });

  it("lead back to the field after the last of them, and open their values", async () => {
    const { chips, words } = chipsOf(CONDITIONS.slice(0, 1));
    await words()[0]!.trigger("click");
    await words()[0]!.trigger("keydown", { key: "ArrowRight" });
    await words()[0]!.trigger("keydown", { key: "Delete" });
    expect([chips.emitted("open"), chips.emitted("leave")?.length, chips.emitted("remove")]).toEqual([[["split"]], 2, [["split"]]]);
    chips.unmount();
  });
});

describe("NoMatch", () => {
  function mountWith(filter: TrajectoryFilter, counts: { alone: object; without: object } | null, answered = filter) {
    const changes: object[] = [];
    const list = { filter: computed(() => filter), setFilter: (change: object) => changes.push(change), clear: () => changes.push({}) };
    const data = shallowRef(counts === null ? undefined : { filter: answered, facets: counts });
    const facets = { facets: { data, error: ref(null) }, names: ref({}) };
    const state = mount(NoMatch, { props: { list: list as unknown as TrajectoryList, facets: facets as unknown as Facets } });
    return { state, changes };
  }
  const filter: TrajectoryFilter = { split: "test", calls: { from: 2 } };

  it("names the condition that leaves out most, and takes it away", async () => {
    const { state, changes } = mountWith(filter, { alone: { split: 9, calls: 4 }, without: { split: 3, calls: 1 } });
    expect(state.text()).toContain("“Split: test” leaves out most: without it, 3 trajectories match.");
    await state.findAll("button")[0]!.trigger("click");
    await state.findAll("button")[1]!.trigger("click");
    expect(changes).toEqual([{ split: undefined }, {}]);
  });

  it("says where no single one is to blame, and where one holds for nothing at all", () => {
    const none = { split: 0, calls: 0 };
    expect(mountWith(filter, { alone: { split: 9, calls: 4 }, without: none }).state.text()).toContain(
      "No single condition is to blame. The fewest, 4 trajectories, satisfy “Calls: at least 2”.",
    );
    expect(mountWith(filter, { alone: { split: 0, calls: 4 }, without: none }).state.text()).toContain(
      "Nothing satisfies “Split: test”, whatever the others are.",
    );
  });

  it("blames nobody before the counts of this filter are there", () => {
    const counts = { alone: { split: 9, calls: 4 }, without: { split: 3, calls: 1 } };
    expect(mountWith(filter, null).state.findAll("button")).toHaveLength(1);
    expect(mountWith(filter, counts, { split: "test" }).state.findAll("button")).toHaveLength(1);
  });
});
