import { describe, expect, it } from "vitest";
import { CATALOGUE, type CommandDefinition } from "./catalogue.ts";
import { areInEachOthersWay, clashesOf, ownerOf } from "./clashes.ts";

const command = (id: string, group: string, ...keys: string[]) => ({ id, group, keys });
const ids = (clashes: ReturnType<typeof clashesOf>) => clashes.map(({ keys, other }) => `${keys}: ${other.id}`);

describe("clashes", () => {
  it("are equal strokes, however they are written, and a stroke that begins a sequence", () => {
    expect(areInEachOthersWay("a", "A")).toBe(true);
    expect(areInEachOthersWay("Shift+?", "?")).toBe(true);
    expect(areInEachOthersWay("G", "G T")).toBe(true);
    expect(areInEachOthersWay("G T", "G")).toBe(true);
    expect(areInEachOthersWay("G T", "G K")).toBe(false);
    expect(areInEachOthersWay("A", "Shift+A")).toBe(false);
  });

  it("are between commands that can be meant at the same time only", () => {
    const commands = [command("a", "Tokens", "P"), command("b", "Runs", "P"), command("c", "Everywhere", "P"), command("d", "Runs", "Q")];
    expect(ids(clashesOf(commands[1]!, commands))).toEqual(["P: c"]);
    expect(ids(clashesOf(commands[2]!, commands))).toEqual(["P: a", "P: b"]);
    expect(clashesOf(commands[3]!, commands)).toEqual([]);
  });

  it("are none between a stroke that leads and what goes on from it", () => {
    const leader = { ...command("a", "List", "L"), leads: true as const };
    const commands = [leader, command("b", "List", "L 1"), command("c", "List", "L")];
    expect(ids(clashesOf(leader, commands))).toEqual(["L: c"]);
    expect(ids(clashesOf(commands[1]!, commands))).toEqual(["L 1: c"]);
  });

  it("are nowhere among the first keys", () => {
    const commands = Object.entries<CommandDefinition>(CATALOGUE).map(([id, { group, keys = [], leads }]) => ({
      ...command(id, group, ...keys),
      ...(leads && { leads }),
    }));
    expect(commands.flatMap((each) => ids(clashesOf(each, commands)))).toEqual([]);
  });
});

it("knows which keys never arrive", () => {
  const web = { isMac: false, isDesktop: false };
  expect(ownerOf("Mod+W", web)).toBe("the browser");
  expect(ownerOf("Mod+W", { ...web, isDesktop: true })).toBeNull();
  expect(ownerOf("Mod+Q", { isMac: true, isDesktop: true })).toBe("the operating system");
  expect(ownerOf("Alt+F4", { isMac: true, isDesktop: true })).toBeNull();
  expect(ownerOf("Mod+C", web)).toBe("copying and pasting");
  expect(ownerOf("Shift+Tab", web)).toBe("moving the focus");
  expect(ownerOf("A", web)).toBeNull();
});
