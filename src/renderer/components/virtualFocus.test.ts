// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { focusWhenDrawn, rangeWith } from "./virtualFocus.ts";

const range = (startIndex: number, endIndex: number, count = 100) => ({ startIndex, endIndex, count, overscan: 1 });

describe("rows that are drawn", () => {
  it("are those in view and the one with the focus, in order", () => {
    expect(rangeWith(50, range(10, 11))).toEqual([9, 10, 11, 12, 50]);
    expect(rangeWith(2, range(10, 11))).toEqual([2, 9, 10, 11, 12]);
    expect(rangeWith(11, range(10, 11))).toEqual([9, 10, 11, 12]);
    expect([rangeWith(-1, range(0, 0)), rangeWith(7, range(0, 0, 5))]).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });
});

describe("the focus of what was scrolled to", () => {
  const button = (): HTMLButtonElement => document.body.appendChild(document.createElement("button"));
  beforeEach(() => document.body.replaceChildren());

  it("comes as soon as it is drawn", async () => {
    let asked = 0;
    const target = button();
    expect(await focusWhenDrawn(() => (++asked < 3 ? null : target))).toBe(true);
    expect([asked, document.activeElement]).toEqual([3, target]);
  });

  it("stays where somebody went meanwhile", async () => {
    const [first, other, target] = [button(), button(), button()];
    first.focus();
    const focused = focusWhenDrawn(() => target);
    other.focus();
    expect(await focused).toBe(true);
    expect(document.activeElement).toBe(other);
  });

  it("is not taken for something that never comes", async () => {
    expect(await focusWhenDrawn(() => undefined)).toBe(false);
  });
});
