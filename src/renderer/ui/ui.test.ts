// @vitest-environment happy-dom
import { mount } from "@vue/test-utils";
import { h, ref } from "vue";
import { describe, expect, it } from "vitest";
import { AppError } from "#contracts/errors.ts";
import Button from "./Button.vue";
import ErrorState from "./ErrorState.vue";
import Field from "./Field.vue";
import Splitter from "./Splitter.vue";

describe("Button", () => {
  it("does nothing while there is a reason against it, and says the reason", async () => {
    const button = mount(Button, { props: { reason: "Choose a file first" }, slots: { default: "Import" } });
    await button.trigger("click");
    expect(button.emitted("click")).toBeUndefined();
    expect([button.attributes("aria-disabled"), button.attributes("title")]).toEqual(["true", "Choose a file first"]);
    expect(button.attributes("disabled")).toBeUndefined();
  });

  it("does nothing twice while busy", async () => {
    const button = mount(Button, { props: { busy: true } });
    await button.trigger("click");
    expect(button.emitted("click")).toBeUndefined();
  });
});

it("ties a field's error to its control", () => {
  const field = mount(Field, {
    props: { label: "Epochs", error: "Needs more than 0" },
    slots: {
      default: (slot: { id: string; describedBy: string | undefined; invalid: "true" | undefined }) =>
        h("input", { id: slot.id, "aria-describedby": slot.describedBy, "aria-invalid": slot.invalid }),
    },
  });
  const input = field.find("input");
  expect(field.find("label").attributes("for")).toBe(input.attributes("id"));
  expect(field.find(`#${input.attributes("aria-describedby")}`).text()).toBe("Needs more than 0");
  expect(input.attributes("aria-invalid")).toBe("true");
});

it("shows an error with its fix and its code", () => {
  const state = mount(ErrorState, { props: { error: new AppError("E_RUN_NO_EXAMPLES"), retry: "Try again" } });
  expect(state.text()).toContain("The run has no example to train on.");
  expect(state.text()).toContain("look at why each trajectory was refused");
  expect(state.text()).toContain("E_RUN_NO_EXAMPLES");
});

it("moves a splitter by key, keeps it inside its limits and remembers it", async () => {
  const width = ref(0);
  const splitter = mount(() =>
    h(Splitter, {
      name: "test",
      label: "Width",
      min: 100,
      max: 300,
      initial: 200,
      modelValue: width.value,
      "onUpdate:modelValue": (next: number) => (width.value = next),
    }),
  );
  expect(width.value).toBe(200);
  for (const key of ["ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft"])
    await splitter.find('[role="separator"]').trigger("keydown", { key });
  expect(width.value).toBe(284);
  expect(localStorage.getItem("callsmith.splitter.test")).toBe("284");
});
