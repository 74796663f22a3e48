/**
 * @file A `pytorch_model.bin`, tensor by tensor: a zip archive with a pickle of the state dictionary and one file for each storage.
 *
 * Layout (PyTorch, `torch/serialization.py`): `<any>/data.pkl`, `<any>/data/<key>`, and since 2.1 `<any>/byteorder`.
 */
import { basename } from "node:path";
import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { AppError } from "#contracts/errors.ts";
import { MAX_PICKLE_BYTES } from "#core/model/pickle.ts";
import { BYTES_PER_ELEMENT, decodeNumbers, isTensorType } from "#core/model/safetensors.ts";
import { endOf, gatherElements, isContiguous, readTorchState, type TorchTensor } from "#core/model/torchState.ts";
import { openWeightBytes, readAt, type WeightFile } from "./weightFile.ts";

const STATE = "/data.pkl";
const MAX_ENTRIES = 100_000;
const STORED = 0;

/** @throws E_MODEL_INVALID where the archive is damaged, of an older kind, or holds anything but tensors */
export async function openTorchArchive(path: string): Promise<WeightFile> {
  const refuse = (detail: string, cause?: unknown): AppError => new AppError("E_MODEL_INVALID", { path, detail }, { cause });
  await requireZip(path, refuse);
  const zip = await openPromise(path, { autoClose: false }).catch((cause: unknown) => {
    throw refuse(`its archive is truncated or damaged (${wordsOf(cause)})`, cause);
  });
  try {
    const entries = await listEntries(zip, refuse);
    const folders = [...entries.keys()].filter((name) => name.endsWith(STATE)).map((name) => name.slice(0, -STATE.length));
    if (folders.length !== 1) throw refuse(folders.length === 0 ? "its archive has no data.pkl" : "its archive has several data.pkl");
    const [folder] = folders as [string];
    const reader = new EntryReader(zip, refuse);

    const byteOrder = entries.get(`${folder}/byteorder`);
    if (byteOrder !== undefined && textOf(await reader.read(byteOrder, 0, Math.min(16, byteOrder.uncompressedSize))) !== "little")
      throw refuse("its numbers are not in little-endian order; save it again on another machine");
    const stateEntry = entries.get(folder + STATE)!;
    if (stateEntry.uncompressedSize > MAX_PICKLE_BYTES)
      throw refuse(`its pickle is ${stateEntry.uncompressedSize} bytes long; the limit is ${MAX_PICKLE_BYTES}`);
    const state = readTorchState(await reader.read(stateEntry, 0, stateEntry.uncompressedSize), path);

    const tensors = [...state].map(([name, tensor]) => ({
      name,
      type: tensor.storage.type,
      shape: tensor.shape,
      file: basename(path),
      place: [tensor.storage.key, tensor.offset, ...tensor.strides].join(" "),
      read: () => readTensor(name, tensor, entries.get(`${folder}/data/${tensor.storage.key}`), reader, refuse),
    }));
    return { tensors, close: () => Promise.resolve(zip.close()) };
  } catch (error) {
    zip.close();
    throw error;
  }
}

type Refuse = (detail: string, cause?: unknown) => AppError;

/** Before 1.6 `torch.save` wrote bare pickles (and tar archives before those), whose storages have no place of their own to read. */
async function requireZip(path: string, refuse: Refuse): Promise<void> {
  const file = await openWeightBytes(path);
  try {
    const start = await readAt(file, 0, 4);
    if (start.length < 4) throw refuse("the weights file is truncated: it has fewer than 4 bytes");
    if (start[0] === 0x50 && start[1] === 0x4b) return;
    if (start[0] === 0x80)
      throw refuse(
        "the file is a pickle as PyTorch wrote it before 1.6; load it with torch.load and save it again, best as model.safetensors",
      );
    throw refuse("the file is no archive of PyTorch");
  } finally {
    await file.close();
  }
}

async function listEntries(zip: ZipFile, refuse: Refuse): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_ENTRIES) throw refuse(`its archive has ${zip.entryCount} files; the limit is ${MAX_ENTRIES}`);
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  } catch (cause) {
    throw refuse(`its archive is truncated or damaged (${wordsOf(cause)})`, cause);
  }
  return entries;
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function readTensor(
  name: string,
  tensor: TorchTensor,
  entry: Entry | undefined,
  reader: EntryReader,
  refuse: Refuse,
): Promise<Float32Array> {
  const { storage, offset, shape, strides } = tensor;
  if (!isTensorType(storage.type)) throw refuse(`tensor ${name} has type ${storage.type}; only F32, F16 and BF16 are supported`);
  if (entry === undefined) throw refuse(`the numbers of tensor ${name} are missing: the archive has no data/${storage.key}`);
  const width = BYTES_PER_ELEMENT[storage.type];
  if (entry.uncompressedSize !== storage.numElements * width) {
    const needed = storage.numElements * width;
    throw refuse(`the storage of tensor ${name} needs ${needed} bytes, the archive gives it ${entry.uncompressedSize}`);
  }
  const bytes = await reader.read(entry, offset * width, endOf(tensor) * width).catch((cause: unknown) => {
    throw refuse(`tensor ${name} cannot be read: ${wordsOf(cause)}`, cause);
  });
  const elements = decodeNumbers(storage.type, bytes);
  return isContiguous(tensor) ? elements : gatherElements(elements, shape, strides);
}

/** Reads parts of the archive's files. A file's checksum is verified the first time, over the whole of it. */
class EntryReader {
  readonly #zip: ZipFile;
  readonly #refuse: Refuse;
  readonly #verified = new Set<string>();

  constructor(zip: ZipFile, refuse: Refuse) {
    this.#zip = zip;
    this.#refuse = refuse;
  }

  /** Bytes `begin` to `end` of the unpacked file. */
  async read(entry: Entry, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const isVerified = this.#verified.has(entry.fileName);
    // a stored file that was verified through another tensor can be read from the middle
    const skip = isVerified && entry.compressionMethod === STORED;
    const stream = await this.#zip.openReadStreamPromise(entry, skip ? { start: begin, end } : {});
    const bytes = new Uint8Array(end - begin);
    let at = skip ? begin : 0;
    let checksum = 0;
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (!isVerified) checksum = crc32(chunk, checksum);
      const from = Math.max(begin - at, 0);
      const to = Math.min(end - at, chunk.length);
      if (from < to) bytes.set(chunk.subarray(from, to), at + from - begin);
      at += chunk.length;
    }
    if (!isVerified && checksum !== entry.crc32)
      throw this.#refuse(`the checksum of ${entry.fileName} does not match: the file is damaged, or was saved without checksums`);
    this.#verified.add(entry.fileName);
    return bytes;
  }
}
