/**
 * @file Regular expressions as programs that a text of any length is searched with in bounded time.
 *
 * JavaScript's own engine backtracks: even `a+$` takes hours against two million letters. A program is run for all its alternatives at once
 * (Pike's machine, as in Russ Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009), so that each character is looked at
 * once for each instruction. Which match is found is what JavaScript finds: the leftmost, choices in their order.
 *
 * Single characters, classes and escapes are judged by JavaScript's own engine; here is only how they follow each other.
 */
export type CharacterTest = (codePoint: number) => boolean;

export type Instruction =
  | { readonly op: "character"; readonly test: CharacterTest }
  /** The first way is preferred. */
  | { readonly op: "split"; readonly first: number; readonly second: number }
  | { readonly op: "jump"; readonly to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "assert"; readonly kind: Assertion }
  | { readonly op: "match" };
export type Assertion = "lineStart" | "lineEnd" | "wordEdge" | "noWordEdge";

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly numGroups: number;
  /** What a match can start with; null where that is not known beforehand. */
  readonly first: CharacterTest | null;
}

/** Counted repetitions are written out. */
const MAX_INSTRUCTIONS = 5000;

/**
 * @param source valid in JavaScript with the flag `u`
 * @returns the program, or what of the source it does not know, in words
 */
export function compilePattern(source: string, matchCase: boolean): Program | { readonly refused: string } {
  try {
    return new Compiler(source, matchCase).compile();
  } catch (thrown) {
    if (thrown instanceof Refused) return { refused: thrown.message };
    throw thrown;
  }
}

class Refused extends Error {}

interface Fragment {
  readonly emit: () => void;
}

class Compiler {
  readonly #source: string;
  readonly #flags: string;
  readonly #tests = new Map<string, CharacterTest>();
  readonly #code: Instruction[] = [];
  #at = 0;
  #numGroups = 0;

  constructor(source: string, matchCase: boolean) {
    this.#source = source;
    this.#flags = matchCase ? "su" : "isu";
  }

  compile(): Program {
    const body = this.#choice();
    this.#push({ op: "save", slot: 0 });
    body.emit();
    this.#push({ op: "save", slot: 1 });
    this.#push({ op: "match" });
    return { instructions: this.#code, numGroups: this.#numGroups, first: firstOf(this.#code) };
  }

  #choice(): Fragment {
    const options = [this.#sequence()];
    while (this.#source[this.#at] === "|") {
      this.#at++;
      options.push(this.#sequence());
    }
    return options.length === 1 ? options[0]! : { emit: () => this.#emitChoice(options) };
  }

  #sequence(): Fragment {
    const items: Fragment[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at]!)) items.push(this.#repeated());
    return { emit: () => items.forEach((item) => item.emit()) };
  }

  #repeated(): Fragment {
    const item = this.#single();
    const bounds = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(this.#source.slice(this.#at, this.#at + 20))?.[0];
    if (bounds === undefined) return item;
    this.#at += bounds.length;
    const isLazy = bounds.length > 1 && bounds.endsWith("?");
    const [least, most] = limitsOf(bounds);
    return { emit: () => this.#emitRepeat(item, least, most, isLazy) };
  }

  #single(): Fragment {
    const rest = this.#source.slice(this.#at);
    const start = this.#at;
    if (rest.startsWith("(")) return this.#group();
    const assertion = assertionOf(rest);
    if (assertion !== null) {
      this.#at += rest[0] === "\\" ? 2 : 1;
      return { emit: () => this.#push({ op: "assert", kind: assertion }) };
    }
    this.#at += lengthOfCharacter(rest);
    const source = this.#source.slice(start, this.#at);
    // without the flag "s" a dot would not be what JavaScript users know: any character but a line break
    const test = this.#testOf(source === "." ? "[^\\n\\r\\u2028\\u2029]" : source);
    return { emit: () => this.#push({ op: "character", test }) };
  }

  #group(): Fragment {
    const opening = /^\((\?:|\?<[\p{L}_$][\p{L}\p{N}_$]*>|\?.{0,2})?/u.exec(this.#source.slice(this.#at))!;
    const kind = opening[1];
    if (kind !== undefined && kind !== "?:" && !kind.endsWith(">")) {
      throw new Refused(`${opening[0]} at character ${this.#at + 1} looks around or sets flags`);
    }
    this.#at += opening[0].length;
    const slot = kind === "?:" ? null : 2 * ++this.#numGroups;
    const body = this.#choice();
    this.#at++;
    if (slot === null) return body;
    return {
      emit: () => {
        this.#push({ op: "save", slot });
        body.emit();
        this.#push({ op: "save", slot: slot + 1 });
      },
    };
  }

  #emitChoice(options: readonly Fragment[]): void {
    const jumps: number[] = [];
    options.forEach((option, i) => {
      const isLast = i === options.length - 1;
      const split = isLast ? -1 : this.#reserve();
      option.emit();
      if (isLast) return;
      jumps.push(this.#reserve());
      this.#code[split] = { op: "split", first: split + 1, second: this.#code.length };
    });
    for (const jump of jumps) this.#code[jump] = { op: "jump", to: this.#code.length };
  }

  #emitRepeat(item: Fragment, least: number, most: number, isLazy: boolean): void {
    const branch = (at: number, into: number, past: number): void => {
      this.#code[at] = { op: "split", first: isLazy ? past : into, second: isLazy ? into : past };
    };
    for (let i = 0; i < least; i++) item.emit();
    if (most === Infinity) {
      const split = this.#reserve();
      item.emit();
      this.#push({ op: "jump", to: split });
      branch(split, split + 1, this.#code.length);
      return;
    }
    const splits: number[] = [];
    for (let i = least; i < most; i++) {
      splits.push(this.#reserve());
      item.emit();
    }
    for (const split of splits) branch(split, split + 1, this.#code.length);
  }

  #reserve(): number {
    this.#push({ op: "match" });
    return this.#code.length - 1;
  }

  #push(instruction: Instruction): void {
    if (this.#code.length >= MAX_INSTRUCTIONS) throw new Refused("its counted repetitions are too many");
    this.#code.push(instruction);
  }

  #testOf(source: string): CharacterTest {
    const known = this.#tests.get(source);
    if (known !== undefined) return known;
    const regex = new RegExp(`^${source}$`, this.#flags);
    const ascii = Uint8Array.from({ length: 128 }, (_, code) => (regex.test(String.fromCharCode(code)) ? 1 : 0));
    const test = (codePoint: number): boolean => (codePoint < 128 ? ascii[codePoint] === 1 : regex.test(String.fromCodePoint(codePoint)));
    this.#tests.set(source, test);
    return test;
  }
}

/** What the instructions that are reached without taking a character let through. */
function firstOf(code: readonly Instruction[]): CharacterTest | null {
  const tests = new Set<CharacterTest>();
  const seen = new Set<number>();
  const reach = (pc: number): boolean => {
    if (seen.has(pc)) return true;
    seen.add(pc);
    const instruction = code[pc]!;
    switch (instruction.op) {
      case "character":
        tests.add(instruction.test);
        return true;
      case "jump":
        return reach(instruction.to);
      case "split":
        return reach(instruction.first) && reach(instruction.second);
      case "save":
        return reach(pc + 1);
      default:
        return false;
    }
  };
  if (!reach(0)) return null;
  const all = [...tests];
  return all.length === 1 ? all[0]! : (codePoint) => all.some((test) => test(codePoint));
}

function limitsOf(bounds: string): readonly [number, number] {
  if (bounds[0] === "*") return [0, Infinity];
  if (bounds[0] === "+") return [1, Infinity];
  if (bounds[0] === "?") return [0, 1];
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(bounds)!;
  return [Number(least), comma === "" ? Number(least) : most === "" ? Infinity : Number(most)];
}

function assertionOf(rest: string): Assertion | null {
  if (rest[0] === "^") return "lineStart";
  if (rest[0] === "$") return "lineEnd";
  if (rest.startsWith("\\b")) return "wordEdge";
  return rest.startsWith("\\B") ? "noWordEdge" : null;
}

/** Length of the class, escape or character that a valid expression goes on with. */
function lengthOfCharacter(rest: string): number {
  if (rest[0] === "[") {
    for (let i = 1; i < rest.length; i++) {
      if (rest[i] === "\\") i++;
      else if (rest[i] === "]") return i + 1;
    }
  }
  if (rest[0] !== "\\") return rest.codePointAt(0)! > 0xffff ? 2 : 1;
  const escape =
    /^\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|c[A-Za-z])/.exec(
      rest,
    );
  return escape?.[0].length ?? 2;
}
