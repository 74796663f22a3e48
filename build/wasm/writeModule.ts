/** @file `node build/wasm/writeModule.ts`: compiles the optimizer's WebAssembly text into the TypeScript file that ships it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileWat, WASM_FOLDER } from "./compileWat.ts";

const base64 = Buffer.from(await compileWat()).toString("base64");
const lines = base64.match(/.{1,120}/g)!.map((line, i) => `  ${i === 0 ? "" : "+ "}"${line}"`);
writeFileSync(
  join(WASM_FOLDER, "adamWModule.ts"),
  `/** @file Made from \`adamW.wat\` by \`node build/wasm/writeModule.ts\`; a test holds the two together. */

/** The compiled module in base64: small enough to travel inside the program, which then needs no file beside it. */
// prettier-ignore
export const ADAMW_MODULE =
${lines.join("\n")};
`,
);
