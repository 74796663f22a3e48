/** @file Compiles `src/engine/wasm/adamW.wat` with the WebAssembly Binary Toolkit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import wabt from "wabt";

export const WASM_FOLDER = join(import.meta.dirname, "../../src/engine/wasm");

/** The module's bytes; the same for the same source and wabt version. */
export async function compileWat(name = "adamW.wat"): Promise<Uint8Array> {
  const toolkit = await wabt();
  const module = toolkit.parseWat(name, readFileSync(join(WASM_FOLDER, name), "utf8"), { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
