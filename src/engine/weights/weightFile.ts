/** @file What every kind of weights file comes down to: tensors by name, each read on demand. */
import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "#contracts/errors.ts";

export interface StoredTensor {
  readonly name: string;
  /** `F32`, `F16` or `BF16`; anything else is named in the error of `read`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Name of the file that holds it. */
  readonly file: string;
  /** Equal for two tensors of one file that are the same numbers at the same place: a tied head. */
  readonly place: string;
  /** The numbers as float32, in the order of the shape. @throws E_MODEL_INVALID naming the tensor */
  read(): Promise<Float32Array>;
}

export interface WeightFile {
  readonly tensors: readonly StoredTensor[];
  close(): Promise<void>;
}

/** Up to `length` bytes from `position` on; fewer only at the end of the file. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

const POINTER = "version https://git-lfs.github.com/spec/";

/** Opens a weights file; a Git LFS pointer in its place is named as such, because every clone without LFS has one. */
export async function openWeightBytes(path: string): Promise<FileHandle> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw AppError.from(cause);
  });
  const start = new TextDecoder("latin1").decode(await readAt(file, 0, POINTER.length));
  if (start !== POINTER) return file;
  await file.close();
  throw new AppError("E_MODEL_INVALID", { path, detail: "the file is a Git LFS pointer, not the weights; run git lfs pull in its folder" });
}
