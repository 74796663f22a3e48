// @vitest-environment happy-dom
import { effectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keysOf, runCommand, useCommands } from "./commands.ts";
import { settings } from "../shell/settings.ts";
import { listenForKeys } from "./listenForKeys.ts";

const next = vi.fn();
const ask = vi.fn();
const undo = vi.fn();
const skip = vi.fn();
const scope = effectScope();
let wantsSingleKeys = true;
let stop: () => void;
beforeEach(() => {
  wantsSingleKeys = true;
  document.body.innerHTML =
    '<input id="field" /><input id="box" type="checkbox" /><button id="button"></button><p id="read-only" aria-readonly="true"></p><div role="dialog"><button id="in-dialog"></button></div>';
  next.mockClear();
  ask.mockClear();
  undo.mockClear();
  skip.mockClear();
  settings.keys = {};
  scope.run(() =>
    useCommands([
      { id: "list.next", title: "Next", group: "List", keys: ["J"], run: next },
      { id: "ask", title: "Ask", group: "List", keys: ["Mod+Enter"], run: ask },
      { id: "history.undo", run: undo },
      { id: "trajectories.skip", run: skip },
      { id: "never", title: "Never", group: "List", when: () => false, run: next },
    ]),
  );
  stop = listenForKeys({ singleKeys: () => wantsSingleKeys });
});
afterEach(() => stop());

function press(key: string, on: Element = document.body, held: KeyboardEventInit = {}): void {
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held }));
}
const byId = (id: string): Element => document.querySelector(`#${id}`)!;

describe("keys of the page", () => {
  it("run their command", () => {
    press("j");
    expect(next).toHaveBeenCalledTimes(1);
  });

  it("are dead while typing and in dialogs, unless Ctrl is held", () => {
    press("j", byId("field"));
    press("j", byId("in-dialog"));
    expect(next).not.toHaveBeenCalled();
    press("Enter", byId("field"), { ctrlKey: true });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("work in a text that is only read", () => {
    byId("read-only").setAttribute("contenteditable", "true");
    press("j", byId("read-only"));
    expect(next).toHaveBeenCalledTimes(1);
  });

  it("work on a checkbox, where nothing is typed", () => {
    press("j", byId("box"));
    expect(next).toHaveBeenCalledTimes(1);
  });

  it("can be turned off as far as they are single keys", () => {
    wantsSingleKeys = false;
    press("j");
    press("Enter", document.body, { ctrlKey: true });
    expect([next.mock.calls.length, ask.mock.calls.length]).toEqual([0, 1]);
  });

  it("leave Ctrl Z to the field that is typed in, and Space to the button that has the focus", () => {
    press("z", byId("field"), { ctrlKey: true });
    press(" ", byId("button"));
    expect([undo.mock.calls.length, skip.mock.calls.length]).toEqual([0, 0]);
    press("z", byId("button"), { ctrlKey: true });
    press(" ");
    expect([undo.mock.calls.length, skip.mock.calls.length]).toEqual([1, 1]);
  });

  it("are the ones a person has chosen, and no longer the first ones", () => {
    settings.keys = { "trajectories.skip": ["S"], "list.next": [] };
    press(" ");
    press("j");
    expect([skip.mock.calls.length, next.mock.calls.length]).toEqual([0, 0]);
    press("s");
    expect([skip.mock.calls.length, keysOf("trajectories.skip")]).toEqual([1, "S"]);
  });

  it("leave a command alone that is not available now, as the menu does", () => {
    expect([runCommand("never"), runCommand("list.next"), runCommand("unknown")]).toEqual([false, true, false]);
    expect(next).toHaveBeenCalledTimes(1);
  });
});
