// @vitest-environment happy-dom
import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import ModelSelect from "./ModelSelect.vue";

const OPTIONS = [{ value: "sample", title: "Sample model" }];
const mounted = (modelValue: string) => mount(ModelSelect, { props: { modelValue, options: [], label: "Base model" } });

describe("a model", () => {
  it("is taken from a folder by whoever asked for that before the list of models came", async () => {
    const field = mounted("sample");
    await field.get("select").setValue("another folder");
    await field.setProps({ options: OPTIONS });
    await field.get("input").setValue("/models/mine");
    expect(field.emitted("update:modelValue")).toEqual([["/models/mine"]]);
  });

  it("has its name again once the list knows its folder, or another is taken from the list", async () => {
    const field = mounted("/models/known");
    expect(field.find("input").exists()).toBe(true);
    await field.setProps({ options: [...OPTIONS, { value: "/models/known", title: "Known" }] });
    expect(field.find("input").exists()).toBe(false);
    await field.get("select").setValue("another folder");
    await field.setProps({ modelValue: "sample" });
    expect(field.find("input").exists()).toBe(false);
  });
});
