import { describe, expect, it } from "vitest";
import { bindingOf, isSingleKey, matchPress, showKeys, type Press } from "./keymap.ts";

const press = (key: string, held: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});
const bindings = [
  { keys: "Mod+K", target: "palette" },
  { keys: "?", target: "help" },
  { keys: "G T", target: "trajectories" },
  { keys: "G R", target: "runs" },
  { keys: "J", target: "next" },
  { keys: "Shift+ArrowRight", target: "ten steps" },
  { keys: "T", target: "tokens here" },
];

describe("matchPress", () => {
  it("takes Ctrl and Cmd for Mod, and nothing else", () => {
    expect(matchPress(bindings, [], press("k", { ctrlKey: true })).target).toBe("palette");
    expect(matchPress(bindings, [], press("k", { metaKey: true })).target).toBe("palette");
    expect(matchPress(bindings, [], press("k")).target).toBeNull();
  });

  it("matches a symbol however the keyboard makes it", () => {
    expect(matchPress(bindings, [], press("?", { shiftKey: true })).target).toBe("help");
    expect(matchPress(bindings, [], press("?")).target).toBe("help");
  });

  it("waits for the second stroke of a sequence", () => {
    const first = matchPress(bindings, [], press("g"));
    expect(first.target).toBeNull();
    expect(first.pending).toHaveLength(1);
    expect(matchPress(bindings, first.pending, press("t")).target).toBe("trajectories");
  });

  it("tries a press that breaks a sequence on its own", () => {
    const { pending } = matchPress(bindings, [], press("g"));
    expect(matchPress(bindings, pending, press("j"))).toEqual({ target: "next", pending: [] });
    expect(matchPress(bindings, pending, press("x"))).toEqual({ target: null, pending: [] });
  });

  it("runs a leading stroke at once, and still lets what it begins be completed", () => {
    const led = [{ keys: "L", target: "labels", leads: true }, { keys: "L 1", target: "answer" }, ...bindings];
    const first = matchPress(led, [], press("l"));
    expect(first.target).toBe("labels");
    expect(matchPress(led, first.pending, press("1"))).toEqual({ target: "answer", pending: [] });
    expect(matchPress(led, first.pending, press("j"))).toEqual({ target: "next", pending: [] });
    expect(matchPress(led, first.pending, press("l")).target).toBe("labels");
  });

  it("tells a letter with Shift from one without", () => {
    expect(matchPress(bindings, [], press("J", { shiftKey: true })).target).toBeNull();
    expect(matchPress(bindings, [], press("ArrowRight", { shiftKey: true })).target).toBe("ten steps");
    expect(matchPress(bindings, [], press("ArrowRight")).target).toBeNull();
  });
});

describe("bindings", () => {
  it("know which of them would disturb typing", () => {
    expect(["J", "G T", "/", "?", "Mod+K", "F6", "Alt+J"].map(isSingleKey)).toEqual([true, true, true, true, false, false, false]);
  });

  it("are shown as key caps", () => {
    expect(showKeys("Mod+K", false)).toBe("Ctrl K");
    expect(showKeys("Mod+K", true)).toBe("\u2318 K");
    expect(showKeys("G T", false)).toBe("G then T");
    expect(showKeys("Shift+ArrowRight", false)).toBe("Shift \u2192");
  });
});

describe("a press", () => {
  it("is written down as the binding that it meets", () => {
    const presses = [press("a"), press("A", { shiftKey: true }), press("?", { shiftKey: true }), press(" "), press("z", { ctrlKey: true })];
    expect(presses.map(bindingOf)).toEqual(["A", "Shift+A", "?", "Space", "Mod+Z"]);
    for (const each of presses) expect(matchPress([{ keys: bindingOf(each)!, target: "met" }], [], each).target).toBe("met");
    expect(matchPress([{ keys: "Mod++", target: "met" }], [], press("+", { metaKey: true })).target).toBe("met");
  });

  it("is none while only Shift or Ctrl is held", () => {
    expect([press("Shift", { shiftKey: true }), press("Control", { ctrlKey: true })].map(bindingOf)).toEqual([null, null]);
  });
});
