// @vitest-environment happy-dom
import { mount } from "@vue/test-utils";
import { defineComponent, h, nextTick, ref, useTemplateRef, type Component } from "vue";
import { beforeEach, describe, expect, it } from "vitest";
import { fetchLaterParts, laterPart, whenDrawn } from "./laterPart.ts";

const wanted = ref(false);
let fetched = 0;
let arrive: () => void;
let inPart: ReturnType<typeof whenDrawn>;
const asked: string[] = [];

beforeEach(() => {
  document.body.replaceChildren();
  wanted.value = false;
  fetched = 0;
  asked.length = 0;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const Part = laterPart(async () => {
    fetched++;
    await arrived;
    // as the browser marks a script that was fetched
    return { [Symbol.toStringTag]: "Module", default: defineComponent(() => () => h("p", "part")) as Component };
  });
  mount(
    defineComponent(() => {
      inPart = whenDrawn(useTemplateRef("part"));
      return () => (wanted.value ? h(Part, { ref: "part" }) : h("div"));
    }),
    { attachTo: document.body },
  );
});
const settled = () => new Promise((resolve) => setTimeout(resolve));
const field = (): HTMLInputElement => document.body.appendChild(document.createElement("input"));

describe("a part that comes later", () => {
  it("is fetched when it is drawn, or beforehand", async () => {
    expect(fetched).toBe(0);
    arrive();
    await fetchLaterParts();
    expect([fetched, document.body.textContent]).toEqual([1, ""]);
    wanted.value = true;
    await settled();
    expect(document.body.textContent).toBe("part");
  });

  it("does what was asked of it last, once it is there and then at once", async () => {
    wanted.value = true;
    await nextTick();
    for (const name of ["first", "second"]) inPart(() => asked.push(name));
    expect(asked).toEqual([]);
    arrive();
    await settled();
    expect(asked).toEqual(["second"]);
    inPart(() => asked.push("third"));
    expect(asked).toEqual(["second", "third"]);
  });

  it("leaves somebody alone who went elsewhere meanwhile", async () => {
    wanted.value = true;
    await nextTick();
    inPart(() => asked.push("focus"));
    field().focus();
    arrive();
    await settled();
    expect(asked).toEqual([]);
  });
});
