/** @file What labels say, in memory, by the number of the annotations document: documents are append-only and read once. */
import { isDisputed } from "#contracts/disputes.ts";
import type { Annotations } from "#contracts/review.ts";
import { withRoom } from "./growing.ts";
import type { Db } from "./openDatabase.ts";

export interface Answer {
  readonly question: string;
  readonly option: string;
  readonly annotator: string;
}

/** Indexed by annotations id; 0 is "none". Good until the next refresh. */
export interface AnnotationColumns {
  /** One more than the last document. */
  readonly length: number;
  /** Answers of a document: `answers[starts[id]]` up to `answers[starts[id + 1]]`, as places in `kinds`. */
  readonly starts: Int32Array;
  readonly answers: Int32Array;
  /** Every answer that somebody gave somewhere, each once. */
  readonly kinds: readonly Answer[];
  readonly disputed: Uint8Array;
}

/** Of rows: no limit. */
const ALL = -1;

export function annotationColumns(db: Db) {
  const last = db.prepare<[], number | null>("SELECT max(id) FROM annotations").pluck();
  const after = db.prepare<[number, number], [number, string]>("SELECT id, body FROM annotations WHERE id > ? ORDER BY id LIMIT ?").raw();

  let length = 1;
  let starts = new Int32Array(2);
  let answers = new Int32Array();
  let disputed = new Uint8Array(1);
  const kinds: Answer[] = [];
  const placeOfKind = new Map<string, number>();

  const kindOf = (answer: Answer): number => {
    const key = JSON.stringify([answer.question, answer.option, answer.annotator]);
    const known = placeOfKind.get(key);
    if (known !== undefined) return known;
    placeOfKind.set(key, kinds.length);
    return kinds.push(answer) - 1;
  };

  const append = (newest: number, limit: number): number => {
    starts = withRoom(starts, newest + 2);
    disputed = withRoom(disputed, newest + 1);
    let numRead = 0;
    for (const [id, body] of after.iterate(length - 1, limit)) {
      const { labels } = JSON.parse(body) as Annotations;
      let end = starts[length]!;
      // a number that was given out and rolled back has no answers
      for (; length < id; length++) starts[length + 1] = end;
      for (const { question, options, annotator } of labels) {
        for (const option of options) {
          answers = withRoom(answers, end + 1);
          answers[end++] = kindOf({ question, option, annotator });
        }
      }
      disputed[id] = isDisputed(labels) ? 1 : 0;
      starts[id + 1] = end;
      length = id + 1;
      numRead++;
    }
    return numRead;
  };

  return {
    /** Reads only: the columns as the database is now. */
    read(): AnnotationColumns {
      const newest = last.get() ?? 0;
      if (newest >= length) append(newest, ALL);
      return { length, starts, answers, kinds, disputed };
    },

    /** Reads only: a stretch of documents that are not there yet; false where there are none. */
    readSome(limit: number): boolean {
      const newest = last.get() ?? 0;
      return newest >= length && append(newest, limit) === limit;
    },
  };
}
