/**
 * @file The stream of news: the last state of what changed since a cursor, at most ten times a second.
 *
 * Nothing is queued for a listener, however slow: each time it asks, it gets the present state of what changed.
 */
import { newsSchema, type Job, type News } from "#contracts/jobs.ts";

export type ChangedTable = News["changed"][number];
const TABLES: readonly ChangedTable[] = newsSchema.shape.changed.element.options;

const SHORTEST_GAP_MS = 100;

export class NewsBoard {
  /** Starts at the clock, so that a cursor from before a restart is always an old one. */
  #cursor = Date.now();
  readonly #jobs = new Map<string, { readonly cursor: number; readonly job: Job }>();
  readonly #tables = new Map<ChangedTable, number>(TABLES.map((table) => [table, this.#cursor]));
  readonly #waiting = new Set<() => void>();
  #closed = false;

  jobChanged(job: Job): void {
    this.#jobs.set(job.id, { cursor: ++this.#cursor, job });
    this.#wake();
  }

  rowsChanged(...tables: readonly ChangedTable[]): void {
    for (const table of tables) this.#tables.set(table, ++this.#cursor);
    this.#wake();
  }

  /** Ends every stream. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Yields at once, then whenever there is something new; ends with the signal. */
  async *since(cursor: number, signal?: AbortSignal): AsyncGenerator<News, void, void> {
    let seen = cursor;
    for (let first = true; !this.#closed && signal?.aborted !== true; first = false) {
      if (first || this.#cursor > seen) {
        const news = this.#newsSince(seen);
        seen = news.cursor;
        yield news;
        await pause(SHORTEST_GAP_MS, signal);
      } else {
        await this.#change(signal);
      }
    }
  }

  #newsSince(seen: number): News {
    const jobs = [...this.#jobs.values()].filter((entry) => entry.cursor > seen).map((entry) => entry.job);
    const changed = TABLES.filter((table) => this.#tables.get(table)! > seen);
    return { cursor: this.#cursor, jobs, changed };
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal?.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
