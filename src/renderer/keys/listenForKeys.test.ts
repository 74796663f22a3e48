// @vitest-environment happy-dom
import { effectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommand, useCommands } from "./commands.ts";
import { listenForKeys } from "./listenForKeys.ts";

const next = vi.fn();
const ask = vi.fn();
const scope = effectScope();
let wantsSingleKeys = true;
let stop: () => void;
beforeEach(() => {
  wantsSingleKeys = true;
  document.body.innerHTML =
    '<input id="field" /><input id="box" type="checkbox" /><div role="dialog"><button id="in-dialog"></button></div>';
  next.mockClear();
  ask.mockClear();
  scope.run(() =>
    useCommands([
      { id: "list.next", title: "Next", group: "List", keys: ["J"], run: next },
      { id: "ask", title: "Ask", group: "List", keys: ["Mod+Enter"], run: ask },
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

  it("leave a command alone that is not available now, as the menu does", () => {
    expect([runCommand("never"), runCommand("list.next"), runCommand("unknown")]).toEqual([false, true, false]);
    expect(next).toHaveBeenCalledTimes(1);
  });
});
