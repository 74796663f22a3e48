// @vitest-environment happy-dom
import { mount } from "@vue/test-utils";
import { defineComponent, h, nextTick, ref, useTemplateRef } from "vue";
import { beforeEach, describe, expect, it } from "vitest";
import { useFixedRows, type FixedRows } from "./useFixedRows.ts";

const ROW = 28;
const VIEW_ROWS = 10;
const count = ref(200_000);
const active = ref(-1);
let rows: FixedRows;
let scroller: HTMLElement;

beforeEach(() => {
  Object.assign(window, { innerHeight: VIEW_ROWS * ROW });
  count.value = 200_000;
  active.value = -1;
  const list = mount(
    defineComponent(() => {
      const element = useTemplateRef<HTMLElement>("scroller");
      rows = useFixedRows(element, { count: () => count.value, height: () => ROW, active: () => active.value });
      return () => h("div", { ref: "scroller" });
    }),
  );
  scroller = list.element as HTMLElement;
});
async function scrollBy(top: number): Promise<void> {
  scroller.scrollTop = top;
  scroller.dispatchEvent(new Event("scroll"));
  await nextTick();
}
/** The frame after the first. */
const framed = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => setTimeout(resolve))));
const ends = (): readonly [number | undefined, number | undefined] => [rows.indices.value[0], rows.indices.value.at(-1)];

describe("rows of one height", () => {
  it("are those in view alone until they are drawn", async () => {
    expect(ends()).toEqual([0, 9]);
    await framed();
    expect(ends()).toEqual([0, 21]);
  });

  it("are those in view and twelve beside them, at both ends of a list of any length", async () => {
    await framed();
    expect(ends()).toEqual([0, 21]);
    await scrollBy(100_000 * ROW + 5);
    expect(ends()).toEqual([99_988, 100_022]);
    await scrollBy((200_000 - VIEW_ROWS) * ROW);
    expect(ends()).toEqual([199_978, 199_999]);
  });

  it("hold the active one wherever the list is scrolled, while there is one", async () => {
    await framed();
    active.value = 7;
    await scrollBy(5000 * ROW);
    expect(rows.indices.value.slice(0, 2)).toEqual([7, 4988]);
    count.value = 5;
    expect(rows.indices.value).toEqual([0, 1, 2, 3, 4]);
    count.value = 0;
    expect(rows.indices.value).toEqual([]);
  });

  it("are drawn in the tick that scrolls to them: no further than needed, not at all to one in view, in the middle where that is asked", async () => {
    await framed();
    rows.scrollTo(9);
    expect(scroller.scrollTop).toBe(0);
    rows.scrollTo(10);
    expect([scroller.scrollTop, ...ends()]).toEqual([ROW, 0, 22]);
    rows.scrollTo(150_000, "center");
    expect([scroller.scrollTop, rows.indices.value.includes(150_000)]).toEqual([(150_000 - 4.5) * ROW, true]);
    rows.scrollTo(100);
    expect(scroller.scrollTop).toBe(100 * ROW);
    rows.scrollTo(199_999, "center");
    expect(scroller.scrollTop).toBe((200_000 - VIEW_ROWS) * ROW);
  });
});
