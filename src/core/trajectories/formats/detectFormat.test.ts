import { describe, expect, it } from "vitest";
import { detectFormat } from "./detectFormat.ts";

const detect = (text: string, numBytes?: number) => detectFormat(new TextEncoder().encode(text).subarray(0, numBytes));
const detailOf = (text: string): string => {
  const detected = detect(text);
  return detected.ok ? detected.format : detected.detail;
};

const message = { role: "user", content: "x" };
const item = (from: string) => ({ from, value: "x" });

describe("detectFormat", () => {
  it("knows each format by its fields, and says so in a sentence", () => {
    expect(detect(JSON.stringify({ messages: [message] }))).toEqual({
      ok: true,
      format: "openai-chat",
      why: 'Its rows have "messages" with a "role" each.',
    });
    expect(detect(JSON.stringify([{ conversations: [item("system"), item("user")] }]))).toMatchObject({ format: "toolllama" });
    expect(detect(JSON.stringify([{ conversations: [item("system"), item("human")] }]))).toMatchObject({
      format: "sharegpt",
      why: expect.stringContaining('"human" speaks'),
    });
    expect(detect(JSON.stringify({ answer_generation: { valid_data: false } }))).toMatchObject({ format: "toolbench-tree" });
  });

  it("looks past damaged rows", () => {
    expect(detect(`{"messages": [\n\n${JSON.stringify({ messages: [message] })}\n`)).toMatchObject({ format: "openai-chat" });
    expect(detect(`# comment\n${JSON.stringify({ messages: [message] })}\n`)).toMatchObject({ format: "openai-chat" });
  });

  it("judges a first row that is longer than the head by its beginning", () => {
    const long = "x".repeat(5000);
    expect(detect(JSON.stringify({ id: long, messages: [message, { role: "user", content: long }] }), 6000)).toMatchObject({
      format: "openai-chat",
    });
    expect(detect(JSON.stringify([{ conversations: [item("human"), { from: "gpt", value: long }] }]), 3000)).toMatchObject({
      format: "sharegpt",
    });
    expect(
      detect(JSON.stringify([{ conversations: [item("system"), item("user"), { from: "assistant", value: long }] }]), 3000),
    ).toMatchObject({
      format: "toolllama",
    });
    expect(detect(JSON.stringify({ win: true, tree: {}, forward_args: long, answer_generation: {} }, null, 1), 3000)).toMatchObject({
      format: "toolbench-tree",
    });
    expect(detect(JSON.stringify({ text: long }), 3000).ok).toBe(false);
  });

  it("says what it saw instead", () => {
    expect(detailOf("")).toBe("there are no rows in it");
    expect(detailOf("[]")).toBe("there are no rows in it");
    expect(detailOf("{}")).toBe("its first row is an empty object");
    expect(detailOf('{"instruction": "", "output": ""}')).toBe(
      'its first row has the fields "instruction", "output", which none of the formats has',
    );
    expect(detailOf("[1, 2]")).toBe("its first row is the number 1, not an object");
    expect(detailOf("name,age\nAnn,3")).toBe("it begins with \"name,age\", which is not JSON: 'n' is not the start of a value");
    expect(detailOf('{"conversations": [{"from": "robot"}]}')).toContain('"conversations"');
    expect(detailOf(JSON.stringify(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, i]))))).toContain("and 4 more");
  });

  it("names files that are no text by their first bytes", () => {
    const detailOfBytes = (...bytes: number[]): unknown => (detectFormat(new Uint8Array(bytes)) as { detail?: string }).detail;
    expect(detailOfBytes(0xff, 0xfe, 0x7b, 0x00)).toContain("UTF-16");
    expect(detailOfBytes(0x1f, 0x8b, 8)).toContain("gzip");
    expect(detailOfBytes(0x50, 0x4b, 3, 4)).toContain("zip archive");
    expect(detectFormat(new Uint8Array([0x50, 0x41, 0x52, 0x31]))).toMatchObject({ ok: true, format: "parquet" });
    expect(detailOfBytes(0, 1, 2, 3)).toContain("not");
  });
});
