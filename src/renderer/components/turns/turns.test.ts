// @vitest-environment happy-dom
import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import type { AssistantText, CallFinding } from "#contracts/calls.ts";
import type { ToolCall } from "#contracts/trajectory.ts";
import CallText from "./CallText.vue";
import DiffPair from "./DiffPair.vue";
import LongText from "./LongText.vue";
import OutputText from "./OutputText.vue";
import RawText from "./RawText.vue";

const good: ToolCall = { name: "book", argumentsText: '{ "id":1}', arguments: { ok: true, value: { id: 1 } } };
const broken: ToolCall = { name: "book", argumentsText: '{"id": oops', arguments: { ok: false, message: "expected a value", offset: 7 } };

describe("CallText", () => {
  it("shows the call, and on request the arguments as they were recorded", async () => {
    const call = mount(CallText, { props: { call: good } });
    expect(call.find("code").text()).toBe("book(id: 1)");
    await call.find("button").trigger("click");
    expect(call.find("pre").text()).toBe('{ "id":1}');
  });

  it("underlines the argument that a finding is about", () => {
    const finding: CallFinding = { code: "F07", message: "", fix: "", callIndex: 0, pointer: "/id" };
    const call = mount(CallText, { props: { call: good, findings: [finding] } });
    expect(call.findAll(".wrong").map((piece) => piece.text())).toEqual(["id", "1"]);
  });

  it("keeps arguments that cannot be read to the letter and says where reading stops", () => {
    const call = mount(CallText, { props: { call: broken } });
    expect(call.find("pre").text()).toBe('{"id": oops');
    expect(call.find(".wrong-place").text()).toBe("o");
    expect(call.text()).toContain("Reading stops at character 8: expected a value");
  });
});

describe("RawText", () => {
  it("marks the end where the text ends too early", () => {
    const raw = mount(RawText, { props: { text: "Action: x", offset: 9 } });
    expect(raw.find(".ends").text()).toBe("ends here");
  });
});

describe("LongText", () => {
  it("says how much of a long text it shows", () => {
    const text = mount(LongText, { props: { text: "line\n".repeat(40), title: "Result" } });
    expect(text.text()).toContain("9 of 41 lines");
    expect(text.find("button").text()).toBe("Show all");
  });

  it("keeps a collapsed text on one line until it is opened", async () => {
    const text = mount(LongText, { props: { text: "x".repeat(300), title: "System", collapsed: true } });
    expect(text.find("p").exists()).toBe(false);
    await text.find("button").trigger("click");
    expect(text.find("p").text()).toBe("x".repeat(300));
  });
});

describe("OutputText", () => {
  const finding: CallFinding = { code: "F01", message: "The arguments end early.", fix: "Close the object.", callIndex: 0 };

  it("shows what was read, the text to the letter, and the finding where the grammar was left", () => {
    const output: AssistantText = { calls: [], error: { message: "no action", offset: 3 } };
    const shown = mount(OutputText, { props: { text: "Actoin: x", output, findings: [finding] } });
    expect(shown.find("pre").text()).toBe("Actoin: x");
    expect(shown.text()).toContain("The arguments end early.");
    expect(shown.text()).not.toContain("Valid against its schema");
  });

  it("shows a finding about a call that is missing", () => {
    const output: AssistantText = { calls: [], answer: { text: "Done.", range: { start: 0, end: 5 } } };
    const shown = mount(OutputText, { props: { text: "Answer: Done.", output, findings: [{ ...finding, code: "F12" }] } });
    expect(shown.text()).toContain("Answered where a call was due");
  });
});

it("tells a difference by strike-through and underline, not by colour alone", () => {
  const pair = mount(DiffPair, { props: { before: "day: sunday", after: "day: monday", beforeTitle: "Wrote", afterTitle: "Expected" } });
  expect([pair.find("del").text(), pair.find("ins").text()]).toEqual(["sunday", "monday"]);
});
