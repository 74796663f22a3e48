/** @file Key bindings as text ("Mod+K", "Shift+ArrowRight", "G T") and how pressed keys meet them. */

/** The part of a KeyboardEvent that matters here. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

interface Stroke {
  readonly key: string;
  readonly mod: boolean;
  readonly alt: boolean;
  /** Null where the key itself tells (`?` is typed with Shift on some keyboards and not on others). */
  readonly shift: boolean | null;
}

/** A binding is one stroke, or several in a row separated by spaces. "Mod" is Ctrl, on a Mac Cmd. */
export function parseKeys(binding: string): readonly Stroke[] {
  return binding.split(" ").map((stroke) => {
    const parts = stroke.split("+");
    const name = parts.at(-1) === "" ? "+" : parts.at(-1)!;
    const key = name === "Space" ? " " : name;
    const isSymbol = key.length === 1 && !/[a-z0-9 ]/i.test(key);
    return {
      key: key.toLowerCase(),
      mod: parts.includes("Mod"),
      alt: parts.includes("Alt"),
      shift: isSymbol ? null : parts.includes("Shift"),
    };
  });
}

function meets(stroke: Stroke, press: Press): boolean {
  const mod = press.ctrlKey || press.metaKey;
  return (
    press.key.toLowerCase() === stroke.key &&
    mod === stroke.mod &&
    press.altKey === stroke.alt &&
    (stroke.shift === null || press.shiftKey === stroke.shift)
  );
}

/** True where the binding needs no Ctrl, Cmd or Alt and starts with a printable key or Enter: such keys are dead while typing. */
export function isSingleKey(binding: string): boolean {
  const [first] = parseKeys(binding);
  return first !== undefined && !first.mod && !first.alt && (first.key.length === 1 || first.key === "enter");
}

/** Enter and Space alone press whatever button or link has the focus. */
export function isPressOfControls(binding: string): boolean {
  const [first] = parseKeys(binding);
  return first !== undefined && !first.mod && !first.alt && (first.key === " " || first.key === "enter");
}

const MODIFIERS: ReadonlySet<string> = new Set([
  "Control",
  "Meta",
  "Alt",
  "AltGraph",
  "Shift",
  "CapsLock",
  "Dead",
  "Process",
  "Unidentified",
]);

/** The binding that a press would meet: what to write down when a person shows the keys that they want. Null while only modifiers are held. */
export function bindingOf(press: Press): string | null {
  const { key } = press;
  if (MODIFIERS.has(key)) return null;
  const name = key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
  const isSymbol = key.length === 1 && !/[a-z0-9 ]/i.test(key);
  return [
    ...(press.ctrlKey || press.metaKey ? ["Mod"] : []),
    ...(press.altKey ? ["Alt"] : []),
    ...(press.shiftKey && !isSymbol ? ["Shift"] : []),
    name,
  ].join("+");
}

export interface Match<Target> {
  readonly target: Target | null;
  /** Strokes so far of a sequence that could still be completed; empty otherwise. */
  readonly pending: readonly Press[];
}

export interface Binding<Target> {
  readonly keys: string;
  readonly target: Target;
  /** It may begin longer ones, which still can be completed once it was met. */
  readonly leads?: boolean | undefined;
}

/** One more press: a binding is complete, begun, or neither. A press that breaks a sequence is tried as a first stroke. */
export function matchPress<Target>(bindings: readonly Binding<Target>[], pending: readonly Press[], press: Press): Match<Target> {
  const presses = [...pending, press];
  let begun = false;
  let leader: Target | null = null;
  for (const { keys, target, leads } of bindings) {
    const strokes = parseKeys(keys);
    if (presses.length > strokes.length || !presses.every((made, i) => meets(strokes[i]!, made))) continue;
    if (presses.length < strokes.length) begun = true;
    else if (leads === true) leader ??= target;
    else return { target, pending: [] };
  }
  // what it does may be what makes the longer ones possible: they are waited for whether or not there are any yet
  if (leader !== null) return { target: leader, pending: presses };
  if (begun) return { target: null, pending: presses };
  return pending.length > 0 ? matchPress(bindings, [], press) : { target: null, pending: [] };
}

const NAMES: Record<string, string> = { arrowleft: "\u2190", arrowright: "\u2192", arrowup: "\u2191", arrowdown: "\u2193", escape: "Esc" };

/** As shown on a key cap: "Ctrl K", on a Mac "\u2318 K". */
export function showKeys(binding: string, isMac: boolean): string {
  return binding
    .split(" ")
    .map((stroke) =>
      stroke
        .split("+")
        .map((part) => {
          if (part === "Mod") return isMac ? "\u2318" : "Ctrl";
          if (part === "Alt") return isMac ? "\u2325" : "Alt";
          return NAMES[part.toLowerCase()] ?? (part.length === 1 ? part.toUpperCase() : part);
        })
        .join(" "),
    )
    .join(" then ");
}
