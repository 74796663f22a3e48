import { describe, expect, it } from "vitest";
import { PickleRefusal, PickleTuple, readPickle, type PickleWorld } from "./pickle.ts";
import { readTorchState } from "./torchState.ts";

const closed: PickleWorld = {
  global: (name) => {
    throw new PickleRefusal(`names ${name}`);
  },
  call: () => {
    throw new PickleRefusal("calls");
  },
  persistent: () => {
    throw new PickleRefusal("points outside");
  },
};
/** Opcodes as Latin-1 text. */
const read = (program: string): unknown =>
  readPickle(
    Uint8Array.from(program, (char) => char.charCodeAt(0)),
    closed,
  );

describe("a pickle", () => {
  it("builds plain data", () => {
    expect(read("\x80\x02}q\x00(X\x01\x00\x00\x00aK\x05X\x01\x00\x00\x00b](K\x01M\x00\x01J\xff\xff\xff\xffeu.")).toEqual(
      new Map<string, unknown>([
        ["a", 5],
        ["b", [1, 256, -1]],
      ]),
    );
    expect(read("\x88\x89N\x87.")).toEqual(new PickleTuple([true, false, null]));
    expect(read("G\x3f\xf8\x00\x00\x00\x00\x00\x00.")).toBe(1.5);
    expect(read("\x8a\x02\x00\xff.")).toBe(-256);
    expect(read("\x8a\x00.")).toBe(0);
  });

  it("may recall what it kept", () => {
    const list = read("]q\x07h\x07\x86.") as PickleTuple;
    expect(list.items[0]).toBe(list.items[1]);
  });

  it.each([
    ["a name", "cos\nsystem\n.", /names os\.system/],
    ["a name from the stack", "\x8c\x02os\x8c\x06system\x93.", /names os\.system/],
    ["a persistent id", "NQ.", /points outside/],
    ["an opcode that makes objects", "N)\x81.", /opcode 0x81 at byte 2/],
    ["an opcode of extension codes", "\x82\x01.", /opcode 0x82 at byte 0/],
    ["nothing", "", /ends in the middle/],
    ["a string longer than the pickle", "X\xff\xff\xff\xffa.", /ends in the middle/],
    ["a name without an end", "cos", /ends in the middle of a name/],
    ["an empty stack", ".", /not there/],
    ["a value never kept", "h\x01.", /recalls value 1/],
    ["a list that was not opened", "t.", /was not opened/],
    ["a whole number beyond 53 bits", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", /beyond 53 bits/],
    ["keys of a list", "]NNs.", /no dictionary/],
    ["items of a dictionary", "}Na.", /no list/],
    ["a call without arguments", "NNR.", /without arguments/],
    ["more values than a checkpoint has", "N".repeat(200_001), /piles up/],
    ["more marks than a checkpoint has", "(".repeat(200_001), /piles up/],
  ])("is refused with %s", (_, program, reason) => {
    expect(() => read(program)).toThrow(reason);
    expect(() => read(program)).toThrow(PickleRefusal);
  });
});

describe("a state dictionary", () => {
  const bytesOf = (program: string): Uint8Array => Uint8Array.from(program, (char) => char.charCodeAt(0));
  const string = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const storage = (numElements: number): string =>
    `(${string("storage")}ctorch\nFloatStorage\n${string("0")}${string("cpu")}K${String.fromCharCode(numElements)}tQ`;
  const state = (offset: number, size: number, stride: number, numElements: number): Uint8Array =>
    bytesOf(
      `}${string("w")}ctorch._utils\n_rebuild_tensor_v2\n(${storage(numElements)}K${String.fromCharCode(offset)}` +
        `K${String.fromCharCode(size)}\x85K${String.fromCharCode(stride)}\x85\x89NtRs.`,
    );

  it("tells where its tensors lie", () => {
    const tensor = readTorchState(state(2, 3, 2, 7), "f").get("w")!;
    expect(tensor).toMatchObject({ offset: 2, shape: [3], strides: [2], storage: { key: "0", type: "F32", numElements: 7 } });
  });

  it("is refused where a tensor reaches outside its storage", () => {
    expect(() => readTorchState(state(3, 3, 2, 7), "f")).toThrow(/tensor w reaches to element 8 of a storage of 7/);
  });

  it("is refused where a name of the prototype is asked for", () => {
    expect(() => readTorchState(bytesOf("ctoString\nconstructor\n."), "f")).toThrow(/names toString\.constructor/);
  });
});
