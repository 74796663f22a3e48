/** @file Folders and data files of the machine the core runs on: the page of the web shell has no dialog of its own. */
import { readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AppError } from "#contracts/errors.ts";
import type { BrowsedFolder, FileEntry } from "#contracts/procedures/sources.ts";

/** Folders first, then files, each by name; hidden ones are left out, and so is what may not even be looked at. */
export function browseFiles(path: string = homedir()): BrowsedFolder {
  const folder = resolve(path);
  try {
    const entries = readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .flatMap((name) => entryOf(folder, name))
      .sort((a, b) => Number(a.kind === "file") - Number(b.kind === "file") || a.name.localeCompare(b.name, "en", { numeric: true }));
    const parent = dirname(folder);
    return { path: folder, parent: parent === folder ? null : parent, entries };
  } catch (error) {
    throw AppError.from(error);
  }
}

function entryOf(folder: string, name: string): FileEntry[] {
  const path = join(folder, name);
  try {
    const found = statSync(path);
    if (found.isDirectory()) return [{ name, path, kind: "folder", numBytes: 0 }];
    return found.isFile() ? [{ name, path, kind: "file", numBytes: found.size }] : [];
  } catch {
    return [];
  }
}
