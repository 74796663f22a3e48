import { describe, expect, it } from "vitest";
import { readFile, settledRows, upTo, writeFile } from "./formatsTesting.ts";

const HEADER = "trajectory,split,turn,role,thought,text,calls,name,call_id,weight,raw,tools,metadata";
const TRICKY = 'a "quoted", line\r\nand\na tab\t; = | \u{1f600}';

describe("CSV files", () => {
  const text = `${HEADER}\r\n`;
  const content = readFile(
    "openai-chat",
    JSON.stringify({
      messages: [
        { role: "user", content: TRICKY },
        {
          role: "assistant",
          content: TRICKY,
          tool_calls: [{ id: TRICKY, type: "function", function: { name: "f", arguments: "{broken" } }],
        },
        { role: "tool", tool_call_id: TRICKY, content: "" },
        { role: "assistant", content: "" },
      ],
    }),
  ).contents;

  it("come back equal whatever the cells hold, cut anywhere", () => {
    const written = writeFile("csv", [...content, ...content]);
    expect(written.startsWith(text)).toBe(true);
    for (const chunkBytes of [1 << 20, 1, 5]) expect(readFile("csv", written, {}, chunkBytes).contents).toEqual([...content, ...content]);
  });

  it("may use other delimiters, a byte order mark, and quotes inside of plain cells", () => {
    const rows = (delimiter: string) =>
      [
        ["trajectory", "role", "text"],
        ["a", "user", 'a 5" pipe'],
        ["a", "assistant", "ok"],
      ]
        .map((row) => row.join(delimiter))
        .join("\n");
    for (const delimiter of [",", ";", "\t"]) {
      const found = readFile("csv", `\ufeff${rows(delimiter)}`);
      expect(found.contents.map(({ turns }) => turns.map((turn) => (turn.role === "assistant" ? turn.answer : turn.content)))).toEqual([
        ['a 5" pipe', "ok"],
      ]);
    }
  });

  it("refuse bad rows by their place, and say of the trajectory that turns are missing", () => {
    const found = readFile(
      "csv",
      'trajectory,role,text,calls\na,user,x,\na,robot,y,\na,assistant,,not json\na,assistant,z\na,assistant,z,\nb,assistant,w,\n"b,assistant',
    );
    expect(settledRows(found)).toEqual(upTo(7));
    expect(found.settled.flatMap((entry) => (entry.kind === "refused" ? [[entry.row.rowIndex, entry.refusal.code]] : []))).toEqual([
      [1, "E_ROW_SHAPE"],
      [2, "E_ROW_SHAPE"],
      [3, "E_ROW_SHAPE"],
      [6, "E_ROW_TRUNCATED"],
    ]);
    expect(found.contents).toHaveLength(2);
    expect(found.settled.find((entry) => entry.kind === "trajectory")).toMatchObject({
      rows: [{ rowIndex: 0, changes: [{ rule: "turns-missing" }] }, { rowIndex: 4 }],
    });
  });

  it("may hold rows of another format, with JSON in their cells", () => {
    const quoted = (value: unknown) => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
    const messages = [
      { role: "user", content: "x" },
      { role: "assistant", content: "y" },
    ];
    const found = readFile("csv", `id,messages,tools\n7,${quoted(messages)},\n8,oops,[]\n`);
    expect(found.contents).toMatchObject([{ turns: [{ content: "x" }, { answer: "y" }], metadata: { fields: { id: "7" } } }]);
    expect(settledRows(found)).toEqual([0, 1]);
  });
});
