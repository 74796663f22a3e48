/**
 * @file Frozen versions of the data set. Revisions are append-only and counted, so a version is a number: of each trajectory, the last
 * revision up to it. Nothing is copied, and the difference of two versions is the revisions between them.
 */
import { hash } from "node:crypto";
import type { DataVersion, VersionDiff, VersionDifference } from "#contracts/dataVersions.ts";
import { AppError } from "#contracts/errors.ts";
import { STATUSES } from "#contracts/review.ts";
import { SPLITS } from "#contracts/trajectory.ts";
import { changedFields, type ChangeRepository } from "./changes.ts";
import { trajectoryIdOf } from "./ids.ts";
import type { Db } from "./openDatabase.ts";

export interface NewVersion {
  readonly name: string;
  readonly author: string;
  readonly note: string;
  readonly at: string;
}

interface VersionRow {
  readonly id: number;
  readonly name: string;
  readonly hash: string;
  readonly author: string;
  readonly note: string;
  readonly at: string;
  readonly num_trajectories: number;
  readonly sequence: number;
}

interface EntryRow {
  readonly hash: Buffer;
  readonly split: number;
  readonly status: number;
}

/** Of each trajectory, the number of its last revision up to a place in the sequence. */
const LAST_UP_TO = "SELECT trajectory_id, max(number) AS number FROM revision WHERE sequence <= ? GROUP BY trajectory_id";

export type DataVersionRepository = ReturnType<typeof dataVersionRepository>;

export function dataVersionRepository(db: Db, changes: ChangeRepository) {
  const newest = db.prepare<[], number | null>("SELECT max(sequence) FROM revision").pluck();
  const selectEntries = db.prepare<[number], EntryRow>(`
    SELECT c.hash, r.split, r.status FROM (${LAST_UP_TO}) last
    JOIN revision r ON r.trajectory_id = last.trajectory_id AND r.number = last.number
    JOIN content c ON c.id = r.content_id WHERE r.removed = 0 ORDER BY last.trajectory_id`);
  const insert = db.prepare(
    "INSERT INTO data_version (name, sequence, hash, author, note, at, num_trajectories) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const select = db.prepare<[number], VersionRow>("SELECT * FROM data_version WHERE id = ?");
  const selectByName = db.prepare<[string], VersionRow>("SELECT * FROM data_version WHERE name = ?");
  const selectAll = db.prepare<[], VersionRow>("SELECT * FROM data_version ORDER BY id DESC");
  const selectBetween = db.prepare<
    [number, number, number],
    { trajectory_id: number; before: number | null; after: number; title: string }
  >(`
    SELECT between_them.trajectory_id, between_them.after, c.title,
      (SELECT max(number) FROM revision o WHERE o.trajectory_id = between_them.trajectory_id AND o.sequence <= ?) AS before
    FROM (
      SELECT trajectory_id, max(number) AS after FROM revision WHERE sequence > ? AND sequence <= ? GROUP BY trajectory_id
    ) between_them
    JOIN revision r ON r.trajectory_id = between_them.trajectory_id AND r.number = between_them.after
    JOIN content c ON c.id = r.content_id ORDER BY between_them.trajectory_id`);

  const find = (id: number): VersionRow => {
    const row = select.get(id);
    if (row === undefined) throw new AppError("E_NOT_FOUND", { what: "data version", id });
    return row;
  };

  return {
    /** Writes: the data set as it is now, under a name that is not taken. It reads every trajectory. */
    freeze({ name, author, note, at }: NewVersion): DataVersion {
      if (selectByName.get(name) !== undefined) throw new AppError("E_VERSION_EXISTS", { name });
      const sequence = newest.get() ?? 0;
      const lines: string[] = [];
      for (const entry of selectEntries.iterate(sequence)) {
        lines.push(`${entry.hash.toString("hex")} ${SPLITS[entry.split]} ${STATUSES[entry.status]}\n`);
      }
      const id = Number(insert.run(name, sequence, hash("sha256", lines.join(""), "hex"), author, note, at, lines.length).lastInsertRowid);
      return versionOf(find(id));
    },

    /** Reads only: newest first. */
    list(): readonly DataVersion[] {
      return selectAll.all().map(versionOf);
    },

    /** Reads only: a version by its name, or null. */
    byName(name: string): DataVersion | null {
      const row = selectByName.get(name);
      return row === undefined ? null : versionOf(row);
    },

    /** Reads only: what differs between two versions, whichever is earlier; a null is the data set as it is now. Throws `E_NOT_FOUND`. */
    diff(one: number, other: number | null, offset: number, limit: number): VersionDiff {
      const sequences = [find(one).sequence, other === null ? (newest.get() ?? 0) : find(other).sequence];
      const [from, to] = [Math.min(...sequences), Math.max(...sequences)];
      const differences: VersionDifference[] = [];
      let added = 0;
      for (const { trajectory_id, before, after, title } of selectBetween.iterate(from, from, to)) {
        const was = before === null ? null : changes.stateAt(trajectory_id, before);
        const is = changes.stateAt(trajectory_id, after);
        const wasThere = was !== null && !was.isRemoved;
        const changed = wasThere ? changedFields(was, is) : [];
        // changed and changed back, or written and taken back
        if (wasThere ? changed.length === 0 : is.isRemoved) continue;
        if (!wasThere) added++;
        differences.push({ trajectoryId: trajectoryIdOf(trajectory_id), title, from: wasThere ? before : null, to: after, changed });
      }
      return { total: differences.length, added, offset, rows: differences.slice(offset, offset + limit) };
    },
  };
}

const versionOf = ({ id, name, hash: itsHash, author, note, at, num_trajectories }: VersionRow): DataVersion => ({
  id,
  name,
  hash: itsHash,
  author,
  note,
  at,
  numTrajectories: num_trajectories,
});
