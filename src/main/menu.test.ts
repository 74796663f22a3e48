import { describe, expect, it } from "vitest";
import { acceleratorOf, menuTemplate, type MenuKeys } from "./menu.ts";

const acceleratorsOf = (keys?: MenuKeys) => {
  const template = menuTemplate("linux", { sendToPage: () => undefined, openWorkspace: () => undefined }, keys);
  const items = template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
  return (label: string) => items.find((item) => item.label === label)?.accelerator;
};

describe("the menu", () => {
  it("has its own keys until the page has said which they are", () => {
    expect(["Undo", "Command Palette…", "Keyboard Shortcuts"].map(acceleratorsOf())).toEqual(["CmdOrCtrl+Z", "CmdOrCtrl+K", undefined]);
  });

  it("shows keys that were changed, and none where they are no keys for a menu", () => {
    const of = acceleratorsOf({ "history.undo": ["Mod+U"], "view.runs": ["G R", "Mod+3"], "palette.open": ["P"], "runs.new": [] });
    expect(["Undo", "Runs", "Command Palette…", "New Run…", "Redo"].map(of)).toEqual([
      "CmdOrCtrl+U",
      "CmdOrCtrl+3",
      undefined,
      undefined,
      "CmdOrCtrl+Shift+Z",
    ]);
  });

  it("takes held keys and function keys only", () => {
    expect(["Mod+Shift+Z", "Alt+J", "F6", "Mod++", "Mod+ArrowUp", "Mod+Space"].map(acceleratorOf)).toEqual([
      "CmdOrCtrl+Shift+Z",
      "Alt+J",
      "F6",
      "CmdOrCtrl+Plus",
      "CmdOrCtrl+Up",
      "CmdOrCtrl+Space",
    ]);
    expect(["A", "G T", "Space", "Enter", "Shift+A"].map(acceleratorOf)).toEqual([null, null, null, null, null]);
  });
});
