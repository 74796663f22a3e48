/** @file Keys that would run two commands, and keys that never reach the page. */
import { parseKeys } from "./keymap.ts";

interface Bound {
  readonly id: string;
  readonly group: string;
  readonly keys: readonly string[];
  readonly leads?: true;
}

const EVERYWHERE = "Everywhere";
const strokesOf = (keys: string): readonly string[] => parseKeys(keys).map((stroke) => JSON.stringify(stroke));

/** The same strokes, or one the beginning of the other: "G" would never let "G T" be completed. */
export function areInEachOthersWay(one: string, other: string): boolean {
  const [a, b] = [strokesOf(one), strokesOf(other)];
  return a.slice(0, b.length).every((stroke, i) => stroke === b[i]);
}

/** One of the two leads, and the other's keys go on from there. */
function isLed(one: Bound, keys: string, other: Bound, theirs: string): boolean {
  const [a, b] = [strokesOf(keys).length, strokesOf(theirs).length];
  return (one.leads === true && a < b) || (other.leads === true && b < a);
}

/** Commands that can be meant at the same time as `command` and have keys in its way, with those keys. */
export function clashesOf<Command extends Bound>(
  command: Bound,
  commands: readonly Command[],
): readonly { readonly keys: string; readonly other: Command }[] {
  return command.keys.flatMap((keys) =>
    commands
      .filter((other) => other.id !== command.id)
      .filter((other) => other.group === command.group || other.group === EVERYWHERE || command.group === EVERYWHERE)
      .filter((other) => other.keys.some((theirs) => areInEachOthersWay(keys, theirs) && !isLed(command, keys, other, theirs)))
      .map((other) => ({ keys, other })),
  );
}

export interface Surroundings {
  readonly isMac: boolean;
  readonly isDesktop: boolean;
}

const TEXT = ["Mod+C", "Mod+X", "Mod+V", "Mod+A"];
const SYSTEM = {
  mac: ["Mod+Q", "Mod+H", "Mod+M", "Mod+Tab", "Mod+Space", "Mod+Alt+Escape"],
  other: ["Alt+F4", "Alt+Tab", "Mod+Escape", "Alt+Space"],
};
const BROWSER = ["Mod+N", "Mod+T", "Mod+W", "Mod+Shift+N", "Mod+Shift+T", "Mod+Shift+W", "Mod+Tab", "Mod+R", "Mod+L", "F5", "F11", "F12"];
const TABS = Array.from({ length: 9 }, (_, i) => `Mod+${i + 1}`);
const MOVES = ["Tab", "Shift+Tab", "Escape", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"];

/** Who takes these keys before the page does, in words; null where nobody is known to. */
export function ownerOf(keys: string, { isMac, isDesktop }: Surroundings): string | null {
  const among = (list: readonly string[]): boolean => list.some((theirs) => areInEachOthersWay(keys, theirs));
  if (among(isMac ? SYSTEM.mac : SYSTEM.other)) return "the operating system";
  if (among(TEXT)) return "copying and pasting";
  if (among(MOVES)) return "moving the focus";
  if (!isDesktop && among([...BROWSER, ...TABS])) return "the browser";
  return null;
}
