/**
 * @file A reader of Python pickles that builds plain data and nothing else.
 *
 * A pickle is a program for a small stack machine (CPython, `Lib/pickletools.py`, describes every opcode). Python imports and calls
 * whatever that program names, which is why loading a foreign pickle runs foreign code. Here a name only reaches what `PickleWorld`
 * allows, nothing is imported, and opcodes that plain data does not need are refused.
 */

/** Fixed lists are apart from lists, because reduce takes one. */
export class PickleTuple {
  readonly items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** What the program may reach outside itself. Each may throw `PickleRefusal`. */
export interface PickleWorld {
  /** The thing that `module.name` stands for. */
  global(name: string): unknown;
  /** The outcome of calling what `global` gave. */
  call(callable: unknown, args: readonly unknown[]): unknown;
  /** The thing behind a persistent id, which lies outside the pickle. */
  persistent(id: unknown): unknown;
}

/** Why a pickle was not read; a phrase that follows "its pickle". */
export class PickleRefusal extends Error {}

/** A checkpoint of thousands of tensors needs a few hundred kilobytes. */
export const MAX_PICKLE_BYTES = 16 * 2 ** 20;
const MAX_STACK = 200_000;
const MAX_MEMO = 1_000_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Runs the program and gives what it leaves: null, booleans, numbers, strings, arrays (lists), `Map` (dicts), `PickleTuple`, and
 * whatever `world` gave.
 *
 * @throws PickleRefusal
 */
export function readPickle(bytes: Uint8Array, world: PickleWorld): unknown {
  if (bytes.length > MAX_PICKLE_BYTES) throw new PickleRefusal(`is ${bytes.length} bytes long; the limit is ${MAX_PICKLE_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let stack: unknown[] = [];
  /** Stacks put aside by an open mark. */
  const outer: unknown[][] = [];
  const memo = new Map<number, unknown>();

  const take = (length: number): number => {
    const from = at;
    if (length > bytes.length - at) throw new PickleRefusal("ends in the middle of a value");
    at += length;
    return from;
  };
  const text = (length: number): string => {
    const from = take(length);
    return utf8.decode(bytes.subarray(from, from + length));
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1) throw new PickleRefusal("ends in the middle of a name");
    const value = text(end - at);
    at++;
    return value;
  };
  const push = (value: unknown): void => {
    if (stack.push(value) > MAX_STACK) throw new PickleRefusal(`piles up more than ${MAX_STACK} values`);
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw new PickleRefusal("takes a value that is not there");
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0) throw new PickleRefusal("takes a value that is not there");
    return stack.at(-1);
  };
  const popMark = (): unknown[] => {
    const items = stack;
    const before = outer.pop();
    if (before === undefined) throw new PickleRefusal("closes a list that was not opened");
    stack = before;
    return items;
  };
  const popTuple = (length: number): void => {
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.unshift(pop());
    push(new PickleTuple(items));
  };
  const remember = (key: number): void => {
    memo.set(key, top());
    if (memo.size > MAX_MEMO) throw new PickleRefusal(`remembers more than ${MAX_MEMO} values`);
  };
  const recall = (key: number): void => {
    if (!memo.has(key)) throw new PickleRefusal(`recalls value ${key}, which it never kept`);
    push(memo.get(key));
  };
  const append = (items: readonly unknown[]): void => {
    const list = top();
    if (!Array.isArray(list)) throw new PickleRefusal("appends to what is no list");
    for (const item of items) list.push(item);
  };
  const setItems = (items: readonly unknown[]): void => {
    const dict = top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw new PickleRefusal("sets keys of what is no dictionary");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  const popString = (): string => {
    const value = pop();
    if (typeof value !== "string") throw new PickleRefusal("names something without a string");
    return value;
  };

  for (;;) {
    const opcodeAt = take(1);
    const opcode = String.fromCharCode(bytes[opcodeAt]!);
    switch (opcode) {
      case "\x80": // PROTO
        take(1);
        break;
      case "\x95": // FRAME
        take(8);
        break;
      case ".": // STOP
        return pop();
      case "(": // MARK
        outer.push(stack);
        if (outer.length > MAX_STACK) throw new PickleRefusal(`piles up more than ${MAX_STACK} values`);
        stack = [];
        break;

      case "N": // NONE
        push(null);
        break;
      case "\x88": // NEWTRUE
        push(true);
        break;
      case "\x89": // NEWFALSE
        push(false);
        break;
      case "K": // BININT1
        push(bytes[take(1)]);
        break;
      case "M": // BININT2
        push(view.getUint16(take(2), true));
        break;
      case "J": // BININT
        push(view.getInt32(take(4), true));
        break;
      case "\x8a": // LONG1
        push(integerOf(bytes, take(1), take));
        break;
      case "G": // BINFLOAT
        push(view.getFloat64(take(8), false));
        break;
      case "\x8c": // SHORT_BINUNICODE
        push(text(bytes[take(1)]!));
        break;
      case "X": // BINUNICODE
        push(text(view.getUint32(take(4), true)));
        break;

      case "]": // EMPTY_LIST
        push([]);
        break;
      case "a": // APPEND
        append([pop()]);
        break;
      case "e": // APPENDS
        append(popMark());
        break;
      case "}": // EMPTY_DICT
        push(new Map());
        break;
      case "s": {
        // SETITEM
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case "u": // SETITEMS
        setItems(popMark());
        break;
      case ")": // EMPTY_TUPLE
        push(new PickleTuple([]));
        break;
      case "\x85": // TUPLE1
        popTuple(1);
        break;
      case "\x86": // TUPLE2
        popTuple(2);
        break;
      case "\x87": // TUPLE3
        popTuple(3);
        break;
      case "t": // TUPLE
        push(new PickleTuple(popMark()));
        break;

      case "q": // BINPUT
        remember(bytes[take(1)]!);
        break;
      case "r": // LONG_BINPUT
        remember(view.getUint32(take(4), true));
        break;
      case "\x94": // MEMOIZE
        remember(memo.size);
        break;
      case "h": // BINGET
        recall(bytes[take(1)]!);
        break;
      case "j": // LONG_BINGET
        recall(view.getUint32(take(4), true));
        break;

      case "c": // GLOBAL
        push(world.global(`${line()}.${line()}`));
        break;
      case "\x93": {
        // STACK_GLOBAL
        const name = popString();
        push(world.global(`${popString()}.${name}`));
        break;
      }
      case "Q": // BINPERSID
        push(world.persistent(pop()));
        break;
      case "R": {
        // REDUCE
        const args = pop();
        if (!(args instanceof PickleTuple)) throw new PickleRefusal("calls something without arguments");
        push(world.call(pop(), args.items));
        break;
      }
      case "b": // BUILD: attributes of a dictionary, such as a module's `_metadata`, carry no weights
        pop();
        if (!(top() instanceof Map)) throw new PickleRefusal("sets attributes of what is no dictionary");
        break;

      default:
        throw new PickleRefusal(
          `has the opcode 0x${opcode.charCodeAt(0).toString(16).padStart(2, "0")} at byte ${opcodeAt}, which plain data does not need`,
        );
    }
  }
}

/** LONG1: a length byte at `lengthAt`, then so many bytes of two's complement, little-endian. */
function integerOf(bytes: Uint8Array, lengthAt: number, take: (length: number) => number): number {
  const length = bytes[lengthAt]!;
  const from = take(length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!);
  const number = Number(BigInt.asIntN(8 * length, value));
  if (!Number.isSafeInteger(number)) throw new PickleRefusal("has a whole number beyond 53 bits");
  return number;
}
