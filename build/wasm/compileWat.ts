/** @file Compiles `src/engine/wasm/adamW.wat` with the WebAssembly Binary Toolkit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import wabt from "wabt";

export const WASM_FOLDER = join(import.meta.dirname, "../../src/engine/wasm");

const OWN_MEMORY = '(import "parameters" "memory" (memory 1))';
const SHARED_MEMORY = '(import "parameters" "memory" (memory 1 65536 shared))';

/**
 * The module's bytes; the same for the same source and wabt version.
 *
 * @param isShared  for memories that several threads see: the same functions, but a module has to say which kind it takes
 */
export async function compileWat(isShared: boolean): Promise<Uint8Array> {
  const toolkit = await wabt();
  const name = "adamW.wat";
  const text = readFileSync(join(WASM_FOLDER, name), "utf8");
  if (!text.includes(OWN_MEMORY)) throw new Error(`${name} does not import its memory as ${OWN_MEMORY}`);
  const source = isShared ? text.replace(OWN_MEMORY, SHARED_MEMORY) : text;
  const module = toolkit.parseWat(name, source, { simd: true, threads: true });
  try {
    const bytes = module.toBinary({}).buffer;
    // not by the toolkit, whose own check knows no shared memories
    if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw new Error(`${name} is not a valid module`);
    return bytes;
  } finally {
    module.destroy();
  }
}
