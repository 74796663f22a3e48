/** @file `node build/wasm/writeModule.ts`: compiles the optimizer's WebAssembly text into the TypeScript file that ships it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileWat, WASM_FOLDER } from "./compileWat.ts";

async function literal(isShared: boolean): Promise<string> {
  const base64 = Buffer.from(await compileWat(isShared)).toString("base64");
  return base64
    .match(/.{1,120}/g)!
    .map((line, i) => `  ${i === 0 ? "" : "+ "}"${line}"`)
    .join("\n");
}

writeFileSync(
  join(WASM_FOLDER, "adamWModule.ts"),
  `/** @file Made from \`adamW.wat\` by \`node build/wasm/writeModule.ts\`; a test holds the two together. */

/** The compiled module in base64: small enough to travel inside the program, which then needs no file beside it. */
// prettier-ignore
export const ADAMW_MODULE =
${await literal(false)};

/** The same over memories that several threads see. */
// prettier-ignore
export const SHARED_ADAMW_MODULE =
${await literal(true)};
`,
);
