/** @file Writes the sample set: `node datasets/sample/generate.ts [--out DIR]`. The same seed gives the same bytes on every machine. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFiles, SAMPLE_SEED } from "./files.ts";

const { values } = parseArgs({ options: { out: { type: "string" } } });
const outDir = values.out ?? import.meta.dirname;
const files = writeFiles(SAMPLE_SEED);
for (const [name, text] of files) writeFileSync(join(outDir, name), text);

const card = "README.md";
const checked = [...[...files.keys()], card].map((name) => {
  const bytes = readFileSync(join(name === card ? import.meta.dirname : outDir, name));
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
});
writeFileSync(join(outDir, "checksums.txt"), checked.join(""));
