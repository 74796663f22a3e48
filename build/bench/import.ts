/**
 * @file Import of a large ToolBench training file against reading it and `JSON.parse` of its rows alone, then the list over it.
 *
 * Options: `--rows N` (200000), `--repeats N` (4), `--data FILE` (real toolllama rows to repeat and vary), `--keep DIR`.
 */
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureWith } from "./parts/inProcess.ts";
import { wholeNumber } from "./parts/options.ts";
import { atMost, informs, type Bench } from "./report.ts";

interface ToolllamaRow {
  readonly id: string;
  readonly conversations: readonly { readonly from: string; readonly value: string }[];
}

const root = resolve(import.meta.dirname, "../..");

export const bench: Bench = async ({ args, note }) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string", default: "200000" },
      repeats: { type: "string", default: "4" },
      data: { type: "string", default: join(root, "../shared/data/toolbench/toolllama_rows.json") },
      keep: { type: "string" },
    },
  });
  const [rows, repeats] = [wholeNumber("rows", values.rows), wholeNumber("repeats", values.repeats)];
  const folder = values.keep === undefined ? mkdtempSync(join(tmpdir(), "callsmith-bench-")) : resolve(values.keep);
  mkdirSync(folder, { recursive: true });
  try {
    const file = join(folder, `toolllama-${rows}.json`);
    if (!existsSync(file)) writeRows(readRows(values.data), rows, file);
    note(`${rows} rows, ${(statSync(file).size / 1e9).toFixed(2)} GB`);
    const parse: Measured[] = [];
    const imports: Measured[] = [];
    for (let i = 0; i < repeats; i++) {
      parse.push(await measureWith<Measured>("measureImport.ts", "parse", file));
      note(`read and JSON.parse: ${describe(parse.at(-1)!)}`);
      const workspace = join(folder, `workspace-${i}`);
      imports.push(await measureWith<Measured>("measureImport.ts", "import", file, workspace));
      note(`import: ${describe(imports.at(-1)!)}`);
      if (i < repeats - 1) rmSync(workspace, { recursive: true });
    }
    const seconds = imports.map((each) => each["seconds"]!);
    const last = imports.at(-1)!;
    const worst = (prefix: string) =>
      imports.map((each) => Math.max(...Object.entries(each).flatMap(([key, value]) => (key.startsWith(prefix) ? [value] : []))));
    const measures = [
      atMost(
        "import, times reading and parsing",
        seconds.map((value, i) => value / parse[i]!["seconds"]!),
        "x",
        6,
      ),
      // Less disturbed by whatever else the machine does; start-up of the process included.
      informs(
        "processor time, times that of parsing",
        imports.map((each, i) => each["cpuSeconds"]! / parse[i]!["cpuSeconds"]!),
        "x",
      ),
      informs("import", seconds, "s"),
      informs(
        "read and JSON.parse",
        parse.map((each) => each["seconds"]!),
        "s",
      ),
      informs("import rate", [last["bytesPerSecond"]! / 1e6], "MB/s"),
      atMost(
        "peak memory of the import",
        imports.map((each) => each["peakBytes"]! / 1e9),
        "GB",
        1.5,
      ),
      atMost(
        "open and show the first page",
        imports.map((each) => each["openMs"]!),
        "ms",
        1000,
      ),
      atMost("slowest filter", worst("filter "), "ms", 150),
      ...Object.entries(last).flatMap(([key, value]) => (key.startsWith("filter ") ? [informs(key, [value], "ms")] : [])),
      informs(
        "full-text index, afterwards",
        imports.map((each) => each["indexSeconds"]!),
        "s",
      ),
      informs(
        "database, times the file",
        imports.map((each) => each["databaseBytes"]! / statSync(file).size),
        "x",
      ),
      informs("trajectories", [last["trajectories"]!], ""),
    ];
    return { measures };
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
};

type Measured = Readonly<Record<string, number>>;

function describe(measured: Measured): string {
  return Object.entries(measured)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join(", ");
}

function readRows(path: string): readonly ToolllamaRow[] {
  if (!existsSync(path)) throw new Error(`${path} is missing: name a file of toolllama rows with --data`);
  return JSON.parse(readFileSync(path, "utf8")) as ToolllamaRow[];
}

/** Rows over and over, each round with another query, so that its paths stay together and differ from those of other rounds. */
function writeRows(rows: readonly ToolllamaRow[], count: number, file: string): void {
  const output = openSync(file, "w");
  let text = "[\n";
  for (let i = 0; i < count; i++) {
    const round = Math.floor(i / rows.length);
    text += `${i === 0 ? "" : ",\n"}${JSON.stringify(varied(rows[i % rows.length]!, round))}`;
    if (text.length > 2 ** 22) {
      writeSync(output, text);
      text = "";
    }
  }
  writeSync(output, `${text}\n]\n`);
  closeSync(output);
}

function varied(row: ToolllamaRow, round: number): ToolllamaRow {
  if (round === 0) return row;
  const note = ` My reference is ${round.toString(36).padStart(4, "0")}.`;
  const conversations = row.conversations.map((turn) =>
    turn.from === "user" ? { ...turn, value: turn.value.replace(/\nBegin!/, `${note}\nBegin!`) } : turn,
  );
  return { id: `${row.id}${note}`, conversations };
}
