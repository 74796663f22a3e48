/** @file A safetensors file, tensor by tensor. */
import { basename } from "node:path";
import { decodeNumbers, parseSafetensorsHeader, safetensorsHeaderLength } from "#core/model/safetensors.ts";
import { openWeightBytes, readAt, type WeightFile } from "./weightFile.ts";

/** @throws E_MODEL_INVALID where the header does not fit the file, E_FILE_NOT_FOUND */
export async function openSafetensors(path: string): Promise<WeightFile> {
  const file = await openWeightBytes(path);
  try {
    const { size } = await file.stat();
    const headerLength = safetensorsHeaderLength(await readAt(file, 0, Math.min(8, size)), size, path);
    const dataStart = 8 + headerLength;
    const entries = parseSafetensorsHeader(await readAt(file, 8, headerLength), size - dataStart, path);
    const tensors = entries.map(({ name, type, shape, begin, end }) => ({
      name,
      type,
      shape,
      file: basename(path),
      place: String(begin),
      read: async () => decodeNumbers(type, await readAt(file, dataStart + begin, end - begin)),
    }));
    return { tensors, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
