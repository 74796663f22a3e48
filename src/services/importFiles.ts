/** @file The import itself, in the data worker: each file is recognised, kept, and read; what cannot be is noted or ends the job. */
import { AppError } from "#contracts/errors.ts";
import type { ImportCounts, ImportFormat } from "#contracts/imports.ts";
import type { Store } from "#store/index.ts";
import type { StoredSource } from "#store/sources.ts";
import { besidePath, keepBeside, keptContext, mayBeBeside, type KeptBeside } from "./besideFile.ts";
import type { DataTask, TaskControl } from "./dataTask.ts";
import type { ImportResult } from "./importDataset.ts";
import { importSource } from "./importSource.ts";
import type { InputFile, SkippedFile } from "./inputFiles.ts";
import { keepSourceFile } from "./keepSourceFile.ts";
import { recogniseFormat } from "./recogniseFormat.ts";
import { openSourceReader, type SourceReader } from "./sourceReader.ts";

type ImportTask = Extract<DataTask, { type: "import" }>;

interface ImportedFile {
  readonly name: string;
  alreadyImported: number;
}

/** What the whole job has done so far. */
interface Progress {
  readonly startedAt: number;
  readonly totalBytes: number;
  bytesOfEarlierFiles: number;
  rowsOfEarlierFiles: number;
}

/** Ends normally after a cancel as well: what was read by then is in the workspace, and counted. */
export async function importFiles(store: Store, task: ImportTask, control: TaskControl, readerEntry: string): Promise<ImportResult> {
  const progress: Progress = {
    startedAt: performance.now(),
    totalBytes: task.files.reduce((sum, file) => sum + file.numBytes, 0),
    bytesOfEarlierFiles: 0,
    rowsOfEarlierFiles: 0,
  };
  const imported = new Map<number, ImportedFile>();
  /** By path: of a file that lies beside another, what became of it is known with that one. */
  const skipped = new Map<string, SkippedFile>();
  /** Files that are read with another one, by that one's name. */
  const beside = new Map<string, string>();
  const skip = (path: string, reason: string): void => {
    skipped.set(path, { path, reason });
    store.sources.addSkipped(path, reason);
  };
  try {
    for (const [path, name] of besidePathsOf(task)) beside.set(path, name);
    for (const file of task.files) {
      const owner = beside.get(file.path);
      if (owner !== undefined && !file.isNamed) {
        skip(file.path, `it belongs to ${owner}, and was read and kept with it`);
        progress.bytesOfEarlierFiles += file.numBytes;
        continue;
      }
      const recognised = recogniseFormat(file.path, task.format);
      if ("error" in recognised) {
        if (file.isNamed) throw recognised.error;
        skip(file.path, recognised.error.message);
      } else {
        await keeping({ store, task, control, file, format: recognised.format, readerEntry }, async (source, reader, unread) => {
          if (unread !== undefined) skip(unread.path, unread.reason);
          const twin = imported.get(source.id);
          if (twin !== undefined) skip(file.path, `the same bytes as ${twin.name}`);
          else imported.set(source.id, await read({ store, control, progress, file, source, reader }, imported));
        });
      }
      progress.bytesOfEarlierFiles += file.numBytes;
    }
  } catch (error) {
    if (AppError.from(error).code !== "E_CANCELLED") throw error;
  }
  const wasStopped = progress.bytesOfEarlierFiles < progress.totalBytes;
  const [first] = skipped.values();
  if (imported.size === 0 && !wasStopped) throw new AppError("E_FORMAT_UNKNOWN", { path: first!.path, detail: first!.reason });
  return resultOf(store, control, progress, imported, [...skipped.values()]);
}

/** Files that belong to others of the task, with the name of the first such one. */
function besidePathsOf({ files, format }: ImportTask): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const paths = new Set(files.map(({ path }) => path).filter(mayBeBeside));
  if (paths.size === 0) return found;
  for (const { path, name } of files) {
    const recognised = recogniseFormat(path, format);
    const beside = "error" in recognised ? undefined : besidePath(recognised.format, path);
    if (beside !== undefined && paths.has(beside) && !found.has(beside)) found.set(beside, name);
  }
  return found;
}

interface Keeping {
  readonly store: Store;
  readonly task: ImportTask;
  readonly control: TaskControl;
  readonly file: InputFile;
  readonly format: ImportFormat;
  readonly readerEntry: string;
}

/** Keeps the file's bytes, which are read while they are copied; nothing is written of them before they are all there. */
async function keeping(
  { store, task, control, file, format, readerEntry }: Keeping,
  work: (source: StoredSource, reader: SourceReader, unread: SkippedFile | undefined) => Promise<void>,
): Promise<void> {
  const beside = keepBeside(format, file.path, task.sourcesDir);
  const open = (path: string, context = beside.context): SourceReader =>
    openSourceReader(path, { format, numBytes: file.numBytes, path: file.path, context }, readerEntry);
  let reader: SourceReader | undefined;
  try {
    const { sha256, path, numBytes } = keepSourceFile(file.path, task.sourcesDir, {
      mayBeKnown: store.sources.hasSize(file.numBytes),
      onCopy: (copy) => (reader = open(copy)),
      onBytes: (done) => {
        reader?.mayRead(done);
        control.checkpoint();
        control.report({ phase: `copying ${file.name}, ${file.numBytes === 0 ? 100 : Math.floor((100 * done) / file.numBytes)} %` });
      },
    });
    const source = store.sources.ensure({ sha256, format, name: file.name, path: file.path, numBytes });
    // rows that are still to come are read with what the earlier ones were read with
    reader ??= open(path, keptContext(store, task.sourcesDir, source.id) ?? beside.context);
    if (beside.file !== null && source.counts.rows === 0) store.sources.addBeside(source.id, beside.file);
    reader.mayRead("to the end");
    await work(source, reader, source.finished ? unreadBeside(store, source, beside, file) : undefined);
  } finally {
    await reader?.close();
  }
}

/** The file beside one whose rows are here already, where they were read with another one or with none: they stay as they are. */
function unreadBeside(store: Store, source: StoredSource, { file, path }: KeptBeside, { name }: InputFile): SkippedFile | undefined {
  const known = store.sources.beside(source.id);
  if (file === null || path === undefined || known.some(({ sha256 }) => sha256 === file.sha256)) return undefined;
  const how = known.length === 0 ? "without it" : "with another version of it";
  const reason = `the rows of ${name} are here already, read ${how}, and stay as they are; a workspace of its own takes them with this one`;
  return { path, reason };
}

interface Reading {
  readonly store: Store;
  readonly control: TaskControl;
  readonly progress: Progress;
  readonly file: InputFile;
  readonly source: StoredSource;
  readonly reader: SourceReader;
}

async function read(
  { store, control, progress, file, source, reader }: Reading,
  imported: Map<number, ImportedFile>,
): Promise<ImportedFile> {
  if (source.finished) {
    progress.rowsOfEarlierFiles += source.counts.rows;
    return { name: file.name, alreadyImported: source.counts.rows };
  }
  const entry: ImportedFile = { name: file.name, alreadyImported: 0 };
  // On record from the first row on, so that a cancelled import counts it.
  imported.set(source.id, entry);
  const rows = await importSource(store, source, reader.packets(), ({ byteOffset, rows: rowsOfFile, alreadyImported }) => {
    entry.alreadyImported = alreadyImported;
    const bytes = progress.bytesOfEarlierFiles + byteOffset;
    const done = progress.rowsOfEarlierFiles + rowsOfFile;
    const seconds = (performance.now() - progress.startedAt) / 1000;
    const phase = `reading ${file.name}, ${(bytes / seconds / 1e6).toFixed(1)} MB/s`;
    // How many rows are to come is not known before they are read; their bytes are.
    control.report({ phase, done, total: Math.max(done, Math.round((done * progress.totalBytes) / Math.max(bytes, 1))) }, true);
    control.checkpoint();
  });
  progress.rowsOfEarlierFiles += rows;
  return entry;
}

function resultOf(
  store: Store,
  control: TaskControl,
  progress: Progress,
  imported: ReadonlyMap<number, ImportedFile>,
  skipped: readonly SkippedFile[],
): ImportResult {
  const sourceIds = [...imported.keys()];
  const counts = totalOf(sourceIds.map((id) => store.sources.get(id).counts));
  const seconds = (performance.now() - progress.startedAt) / 1000;
  const subject = sourceIds.length === 1 ? { subject: String(sourceIds[0]) } : {};
  control.report({ phase: "", done: counts.rows, total: counts.rows, ...subject }, true);
  return {
    ...counts,
    alreadyImported: [...imported.values()].reduce((sum, each) => sum + each.alreadyImported, 0),
    numBytes: progress.totalBytes,
    seconds,
    bytesPerSecond: Math.round(progress.bytesOfEarlierFiles / seconds),
    sourceIds,
    skipped,
  };
}

function totalOf(counts: readonly ImportCounts[]): Omit<ImportCounts, "alreadyImported"> {
  const sum = (key: keyof ImportCounts) => counts.reduce((total, each) => total + each[key], 0);
  return { rows: sum("rows"), taken: sum("taken"), changed: sum("changed"), refused: sum("refused"), trajectories: sum("trajectories") };
}
