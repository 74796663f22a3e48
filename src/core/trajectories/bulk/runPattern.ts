/** @file Runs a compiled pattern over a text: all its ways at once, each character once for each of them, within a stated number of steps. */
import type { Assertion, Program } from "./linearPattern.ts";

/** Start and end of the match, then of each group; -1 where a group took no part. */
export type Captures = Int32Array;

/** Steps allowed for each character of the text; a search that starts over again and again needs more than one pass. */
const STEPS_PER_CHARACTER = 400;
const LEAST_STEPS = 1_000_000;

/** Matches that do not overlap, from left to right, none of them empty; null where it would take too long. */
export function findAll(program: Program, text: string): readonly Captures[] | null {
  const found: Captures[] = [];
  const machine = new Machine(program, text);
  for (let from = 0; from <= text.length;) {
    const match = machine.search(from);
    if (match === "too long") return null;
    if (match === null) return found;
    const [start, end] = [match[0]!, match[1]!];
    if (end > start) found.push(match);
    from = end > start ? end : end + widthAt(text, end);
  }
  return found;
}

/** Threads in order of preference, each instruction at most once. */
interface ThreadList {
  readonly pcs: Int32Array;
  readonly captures: Captures[];
  size: number;
}

class Machine {
  readonly #program: Program;
  readonly #text: string;
  readonly #seen: Int32Array;
  readonly #none: Captures;
  #generation = 0;
  #stepsLeft: number;
  #current: ThreadList;
  #next: ThreadList;

  constructor(program: Program, text: string) {
    const size = program.instructions.length;
    this.#program = program;
    this.#text = text;
    this.#seen = new Int32Array(size);
    this.#none = new Int32Array(2 * (program.numGroups + 1)).fill(-1);
    this.#stepsLeft = Math.max(LEAST_STEPS, STEPS_PER_CHARACTER * text.length);
    this.#current = { pcs: new Int32Array(size), captures: [], size: 0 };
    this.#next = { pcs: new Int32Array(size), captures: [], size: 0 };
  }

  search(from: number): Captures | null | "too long" {
    const { instructions, first } = this.#program;
    let match: Captures | null = null;
    this.#current.size = 0;
    this.#generation++;
    for (let at = from; ;) {
      if (first !== null && match === null && this.#current.size === 0) {
        while (at < this.#text.length && !first(this.#text.codePointAt(at)!)) at += widthAt(this.#text, at);
      }
      // a match further to the left is preferred to all that start here
      if (match === null) this.#add(this.#current, 0, at, this.#none);
      if (this.#current.size === 0 && match !== null) return match;
      const codePoint = at < this.#text.length ? this.#text.codePointAt(at)! : -1;
      const after = at + (codePoint > 0xffff ? 2 : 1);
      this.#next.size = 0;
      this.#generation++;
      this.#stepsLeft -= this.#current.size + 1;
      for (let i = 0; i < this.#current.size; i++) {
        const instruction = instructions[this.#current.pcs[i]!]!;
        if (instruction.op === "match") {
          match = this.#current.captures[i]!;
          break;
        }
        if (instruction.op === "character" && codePoint !== -1 && instruction.test(codePoint)) {
          this.#add(this.#next, this.#current.pcs[i]! + 1, after, this.#current.captures[i]!);
        }
      }
      if (this.#stepsLeft < 0) return "too long";
      if (codePoint === -1) return match;
      [this.#current, this.#next] = [this.#next, this.#current];
      at = after;
    }
  }

  /** Follows everything that takes no character. */
  #add(list: ThreadList, pc: number, at: number, captures: Captures): void {
    if (this.#seen[pc] === this.#generation) return;
    this.#seen[pc] = this.#generation;
    this.#stepsLeft--;
    const instruction = this.#program.instructions[pc]!;
    switch (instruction.op) {
      case "jump":
        return this.#add(list, instruction.to, at, captures);
      case "split":
        this.#add(list, instruction.first, at, captures);
        return this.#add(list, instruction.second, at, captures);
      case "save": {
        const saved = captures.slice();
        saved[instruction.slot] = at;
        return this.#add(list, pc + 1, at, saved);
      }
      case "assert":
        if (holds(instruction.kind, this.#text, at)) this.#add(list, pc + 1, at, captures);
        return;
      default:
        list.pcs[list.size] = pc;
        list.captures[list.size++] = captures;
    }
  }
}

function holds(kind: Assertion, text: string, at: number): boolean {
  switch (kind) {
    case "lineStart":
      return at === 0 || isLineBreak(text.charCodeAt(at - 1));
    case "lineEnd":
      return at === text.length || isLineBreak(text.charCodeAt(at));
    case "wordEdge":
      return isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at));
    case "noWordEdge":
      return isWord(text.charCodeAt(at - 1)) === isWord(text.charCodeAt(at));
  }
}

const isLineBreak = (code: number): boolean => code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029;

/** Letters, digits and underscore; outside the text there is NaN, which is none. */
const isWord = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f;

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
