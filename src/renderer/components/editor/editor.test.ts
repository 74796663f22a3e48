// @vitest-environment happy-dom
import { mount, type VueWrapper } from "@vue/test-utils";
import { nextTick } from "vue";
import { describe, expect, it, vi } from "vitest";
import type { CallFinding } from "#contracts/calls.ts";
import type { ToolCall, TrajectoryContent } from "#contracts/trajectory.ts";
import { readCall } from "#core/trajectories/edit/index.ts";
import CallEditor from "./CallEditor.vue";
import CodeEditor from "./CodeEditor.vue";
import ToolsEditor from "./ToolsEditor.vue";
import TurnEditor from "./TurnEditor.vue";
import { completeToolName } from "./completeToolName.ts";

const content: TrajectoryContent = {
  tools: [
    {
      name: "book",
      description: "Books a seat.",
      parameters: {
        type: "object",
        properties: { city: { type: "string" }, seats: { type: "integer" }, cabin: { enum: ["economy", "first"] } },
        required: ["city"],
      },
    },
  ],
  turns: [
    { role: "user", content: "To Oslo, please" },
    { role: "assistant", calls: [readCall("book", '{"city":  "Oslo", "sits": 2}')] },
    { role: "assistant", calls: [], answer: "Booked." },
  ],
  metadata: {},
};
const call = readCall("book", '{"city":  "Oslo", "sits": 2}');
const unknown: CallFinding = { code: "F06", message: '"sits" is no parameter.', fix: "Remove it.", callIndex: 0, pointer: "/sits" };

/** As the editor's owner does it: what is emitted comes back as the next call. */
function mountCall(start: ToolCall = call, findings: readonly CallFinding[] = []) {
  const editor: VueWrapper = mount(CallEditor, {
    props: {
      call: start,
      tools: content.tools,
      turns: content.turns,
      findings,
      grounds: { "/city": { kind: "turn", turnIndex: 0 } },
      onChange: (next: ToolCall) => void editor.setProps({ call: next }),
    },
    attachTo: document.body,
  });
  const argumentsText = (): string => (editor.props() as { call: ToolCall }).call.argumentsText;
  return { editor, argumentsText };
}
const labelled = (editor: VueWrapper, name: string) => {
  const label = editor.findAll("label").find((found) => found.text().startsWith(name))!;
  return editor.find(`#${CSS.escape(label.attributes("for")!)}`);
};

describe("CodeEditor", () => {
  it("takes what is typed before the editor is loaded, and hands text, caret and focus over to it", async () => {
    const editor: VueWrapper = mount(CodeEditor, {
      props: { text: "one", label: "Words", language: "text", onChange: (text: string) => void editor.setProps({ text }) },
      attachTo: document.body,
    });
    const field = editor.find("textarea");
    expect([field.attributes("aria-label"), field.element.value]).toEqual(["Words", "one"]);
    field.element.focus();
    await field.setValue("one two");
    field.element.setSelectionRange(4, 4);
    await vi.waitFor(() => expect(editor.find(".cm-content").exists()).toBe(true));
    expect(editor.find("textarea").exists()).toBe(false);
    const content = editor.find<HTMLElement>(".cm-content");
    expect([content.element.textContent, content.attributes("aria-label")]).toEqual(["one two", "Words"]);
    expect(document.activeElement).toBe(content.element);
    expect((editor.vm as unknown as { caret: () => number }).caret()).toBe(4);
    editor.unmount();
  });

  it("is not built where it was closed before it was loaded", async () => {
    const editor = mount(CodeEditor, { props: { text: "one", label: "Words" }, attachTo: document.body });
    editor.unmount();
    await import("./codeMirror.ts");
    await nextTick();
    expect(document.querySelector(".cm-editor")).toBe(null);
  });
});

describe("CallEditor", () => {
  it("changes one value of the text from the form, and shows where a value comes from", async () => {
    const { editor, argumentsText } = mountCall();
    await labelled(editor, "city").setValue("Lima");
    expect(argumentsText()).toBe('{"city":  "Lima", "sits": 2}');
    const message = labelled(editor, "city").attributes("aria-describedby")!;
    expect(editor.find(`#${CSS.escape(message)}`).text()).toContain("From user, turn 1");
    editor.unmount();
  });

  it("adds what is optional, renames what was meant otherwise, and removes", async () => {
    const { editor, argumentsText } = mountCall(call, [unknown]);
    await editor.find('select[aria-label="Add an optional argument"]').setValue("cabin");
    expect(argumentsText()).toBe('{"city":  "Oslo", "sits": 2, "cabin":  "economy"}');
    await editor.find(".rename select").setValue("seats");
    expect(argumentsText()).toBe('{"city":  "Oslo", "seats": 2, "cabin":  "economy"}');
    await editor.find('button[aria-label="Remove seats"]').trigger("click");
    expect(argumentsText()).toBe('{"city":  "Oslo", "cabin":  "economy"}');
    editor.unmount();
  });

  it("says a finding on both sides, tied to the control", () => {
    const { editor } = mountCall(call, [unknown]);
    const control = labelled(editor, "sits");
    expect(control.attributes("aria-invalid")).toBe("true");
    expect(editor.find(`#${CSS.escape(control.attributes("aria-describedby")!)}`).text()).toContain('"sits" is no parameter.');
    expect(editor.find(".json .notes").text()).toContain('"sits" is no parameter.');
    editor.unmount();
  });

  it("closes the form while the text cannot be read, says why, and opens it again", async () => {
    const { editor } = mountCall(readCall("book", '{"city": "Oslo"'));
    expect(editor.find(".form .note").text()).toContain("The arguments cannot be read, so the form is closed");
    await editor.setProps({ call });
    expect(editor.find(".form .note").exists()).toBe(false);
    await editor.setProps({ call: readCall("book", '{"city": ') });
    expect(labelled(editor, "city").attributes("disabled")).toBeDefined();
    expect(editor.find('[aria-label="Arguments of book as JSON"]').attributes("aria-invalid")).toBe("true");
    editor.unmount();
  });

  it("marks a tool that is not offered", async () => {
    const { editor } = mountCall();
    await labelled(editor, "Tool").setValue("fly");
    expect(labelled(editor, "Tool").attributes("aria-invalid")).toBe("true");
    expect(editor.find(".form").text()).toContain("Not offered here.");
    editor.unmount();
  });
});

function mountTurn(turnIndex: number) {
  const editor: VueWrapper = mount(TurnEditor, {
    props: {
      content,
      turnIndex,
      onChange: (next: TrajectoryContent, turn: number) => void editor.setProps({ content: next, turnIndex: turn }),
    },
    attachTo: document.body,
  });
  return { editor, now: () => editor.props() as { content: TrajectoryContent; turnIndex: number } };
}

describe("TurnEditor", () => {
  it("edits the text of a turn and splits it at the caret", async () => {
    const { editor, now } = mountTurn(0);
    const area = editor.find("textarea");
    await area.setValue("To Oslo,\nplease");
    (area.element as HTMLTextAreaElement).setSelectionRange(8, 8);
    await editor.find('button[aria-label="Split the turn at the caret"]').trigger("click");
    expect(now().content.turns.slice(0, 2)).toEqual([
      { role: "user", content: "To Oslo," },
      { role: "user", content: "please" },
    ]);
    editor.unmount();
  });

  it("says why an edit was refused, and leaves the content as it was", async () => {
    const { editor, now } = mountTurn(0);
    await editor.find('button[aria-label="Merge with the next turn"]').trigger("click");
    expect(editor.find('[role="alert"]').text()).toContain("turn of the user and the next one of the assistant");
    expect(now().content).toBe(content);
    editor.unmount();
  });

  it("adds, moves, retypes and takes out of training, and stays with its turn", async () => {
    const { editor, now } = mountTurn(2);
    await editor.find('input[type="checkbox"]').setValue(false);
    expect(now().content.targets).toEqual([1]);
    await editor.find('button[aria-label="Move the turn up"]').trigger("click");
    expect([now().turnIndex, now().content.targets]).toEqual([1, [2]]);
    await editor.find('select[aria-label="Role of this turn"]').setValue("user");
    expect(now().content.turns[1]).toEqual({ role: "user", content: "Booked." });
    const add = editor.findAll("button").find((button) => button.text().startsWith("Add below"))!;
    await add.trigger("click");
    expect([now().turnIndex, now().content.turns[2]]).toEqual([2, { role: "assistant", calls: [], answer: "" }]);
    editor.unmount();
  });

  it("keeps an emptied thought's field, and asks for a turn's text where it is raw", async () => {
    const { editor, now } = mountTurn(2);
    await editor
      .findAll("button")
      .find((button) => button.text() === "Thought")!
      .trigger("click");
    const thought = editor.findAll("textarea")[0]!;
    await thought.setValue("Done it.");
    expect(now().content.turns[2]).toMatchObject({ thought: "Done it.", answer: "Booked." });
    await thought.setValue("");
    expect(now().content.turns[2]).toEqual({ role: "assistant", calls: [], answer: "Booked." });
    expect(editor.findAll("textarea")).toHaveLength(2);
    const raw: TrajectoryContent = { ...content, turns: [{ role: "assistant", calls: [], raw: "Bookd" }] };
    await editor.setProps({ content: raw, turnIndex: 0 });
    expect(editor.find('[aria-label="The turn as text"]').exists()).toBe(true);
    await editor
      .findAll("button")
      .find((button) => button.text() === "Take it as the answer")!
      .trigger("click");
    expect(now().content.turns).toEqual([{ role: "assistant", calls: [], answer: "Bookd" }]);
    editor.unmount();
  });

  it("leaves the field first, then the turn", async () => {
    const { editor } = mountTurn(0);
    await nextTick();
    await nextTick();
    const exposed = editor.vm as unknown as { escape(): void };
    (editor.find("textarea").element as HTMLTextAreaElement).focus();
    exposed.escape();
    expect(editor.emitted("leave")).toBeUndefined();
    exposed.escape();
    expect(editor.emitted("leave")).toHaveLength(1);
    editor.unmount();
  });
});

describe("ToolsEditor", () => {
  const mountTools = () => {
    const editor: VueWrapper = mount(ToolsEditor, {
      props: {
        content,
        faults: [{ toolIndex: 0, pointer: "/properties/city/type", message: "must be one of" }],
        onChange: (next: TrajectoryContent) => void editor.setProps({ content: next }),
      },
      attachTo: document.body,
    });
    return { editor, now: () => (editor.props() as { content: TrajectoryContent }).content };
  };

  it("renames a tool with its calls, and shows what is wrong with a schema", async () => {
    const { editor, now } = mountTools();
    expect(editor.text()).toContain("properties.city.type: must be one of.");
    await labelled(editor, "Name").setValue("reserve");
    expect(now().tools[0]!.name).toBe("reserve");
    expect(now().turns[1]).toMatchObject({ calls: [{ name: "reserve" }] });
    editor.unmount();
  });

  it("adds and removes tools", async () => {
    const { editor, now } = mountTools();
    const button = (text: string) => editor.findAll("button").find((found) => found.text() === text)!;
    await button("Add a tool").trigger("click");
    expect(now().tools.map(({ name }) => name)).toEqual(["book", "new_tool"]);
    await button("Remove tool").trigger("click");
    await button("Remove tool").trigger("click");
    expect(now().tools).toEqual([]);
    expect(editor.text()).toContain("No tool is offered.");
    editor.unmount();
  });
});

it("offers the names of tools behind an action", () => {
  expect(completeToolName("Thought: x\nAction: bo", 21, content.tools)).toMatchObject({ from: 19, to: 21, options: [{ insert: "book" }] });
  expect(completeToolName("Action: book\nAction Input: {}", 28, content.tools)).toBeNull();
});
