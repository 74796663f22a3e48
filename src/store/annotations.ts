/** @file Labels and notes of a trajectory as one document, stored once by its hash: many trajectories have the same. */
import { hash } from "node:crypto";
import { NO_ANNOTATIONS, STATUSES, type Status, type Annotations, type Label, type LabelPlace, type Note } from "#contracts/review.ts";
import { AppError } from "#contracts/errors.ts";
import type { Db } from "./openDatabase.ts";
import { remembered } from "./remembered.ts";

const REMEMBERED = 20_000;

export type AnnotationRepository = ReturnType<typeof annotationRepository>;

export function annotationRepository(db: Db) {
  const find = db.prepare<[Buffer], number>("SELECT id FROM annotations WHERE hash = ?").pluck();
  const insert = db.prepare<[Buffer, string]>("INSERT INTO annotations (hash, body) VALUES (?, ?)");
  const select = db.prepare<[number], string>("SELECT body FROM annotations WHERE id = ?").pluck();
  const selectUsed = db
    .prepare<[], [number, number, number]>(
      "SELECT id, annotations_id, status FROM trajectory WHERE annotations_id IS NOT NULL AND removed = 0 ORDER BY id",
    )
    .raw();
  const known = new Map<number, Annotations>();

  return {
    /** Writes: the document, unless it is there; returns its number, null for none at all. */
    write(annotations: Annotations): number | null {
      if (annotations.labels.length === 0 && annotations.notes.length === 0) return null;
      const body = encode(annotations);
      const bytes = hash("sha256", body, "buffer");
      return find.get(bytes) ?? Number(insert.run(bytes, body).lastInsertRowid);
    },

    /** Reads only: the trajectories that have labels or notes, with their documents' numbers. */
    used(): readonly { readonly trajectory: number; readonly annotationsId: number; readonly status: Status }[] {
      return selectUsed.all().map(([trajectory, annotationsId, status]) => ({ trajectory, annotationsId, status: STATUSES[status]! }));
    },

    /** Reads only: the document; throws `E_NOT_FOUND`. */
    read(id: number | null): Annotations {
      if (id === null) return NO_ANNOTATIONS;
      return remembered(known, id, REMEMBERED, () => {
        const body = select.get(id);
        if (body === undefined) throw new AppError("E_NOT_FOUND", { what: "annotations", id });
        return JSON.parse(body) as Annotations;
      });
    },
  };
}

/** Labels in a fixed order, fields in a fixed order: what is equal has one hash. */
function encode({ labels, notes }: Annotations): string {
  const sorted = labels.map(orderedLabel).map((label) => ({ label, key: JSON.stringify(label) }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return JSON.stringify({ labels: sorted.map(({ label }) => label), notes: notes.map(orderedNote) });
}

const orderedLabel = ({ question, place, annotator, options }: Label): Label => ({
  question,
  place: orderedPlace(place),
  annotator,
  options: [...options].sort(),
});

const orderedNote = ({ author, at, text, place }: Note): Note => ({
  author,
  at,
  text,
  ...(place === undefined ? {} : { place: orderedPlace(place) }),
});

// JSON leaves out what is undefined
const orderedPlace = ({ turn, call, part, start, end }: LabelPlace): LabelPlace => ({ turn, call, part, start, end }) as LabelPlace;
