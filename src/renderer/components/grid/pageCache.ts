/** @file Rows of a long list, fetched in pages as they come into view and dropped when far away. */

export interface PageCacheOptions<Row> {
  /** Rows a page; one query each. */
  readonly pageSize: number;
  /** Pages kept; the least recently used go first. */
  readonly maxPages: number;
  readonly fetchPage: (
    offset: number,
    limit: number,
    signal: AbortSignal,
  ) => Promise<{ readonly total: number; readonly rows: readonly Row[] }>;
  /** Called after anything visible has changed: rows arrived, the total, an error. */
  readonly onChange: () => void;
}

export class PageCache<Row> {
  /** Null until the first page has come. */
  total: number | null = null;
  error: unknown = null;
  readonly #pages = new Map<number, readonly Row[]>();
  readonly #inFlight = new Set<number>();
  /** Not asked for again by drawing, or an error would be answered with a storm of queries. */
  readonly #failed = new Set<number>();
  readonly #options: PageCacheOptions<Row>;
  /** Aborted by closing. */
  readonly #controller = new AbortController();

  constructor(options: PageCacheOptions<Row>) {
    this.#options = options;
  }

  /** The row, or undefined while its page is on its way (asking starts the way). */
  rowAt(index: number): Row | undefined {
    const page = Math.floor(index / this.#options.pageSize);
    const rows = this.#pages.get(page);
    if (rows === undefined) {
      if (!this.#failed.has(page)) void this.load(page);
      return undefined;
    }
    // Re-insertion makes the map's order the order of last use.
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    return rows[index % this.#options.pageSize];
  }

  /** The row if it is here, without fetching it. */
  peek(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / this.#options.pageSize))?.[index % this.#options.pageSize];
  }

  /** All rows that are here. */
  *rows(): Generator<Row, void, void> {
    for (const rows of this.#pages.values()) yield* rows;
  }

  async load(page: number): Promise<void> {
    if (this.#inFlight.has(page) || this.#pages.has(page)) return;
    this.#inFlight.add(page);
    try {
      const { pageSize, fetchPage } = this.#options;
      const { total, rows } = await fetchPage(page * pageSize, pageSize, this.#controller.signal);
      if (this.#controller.signal.aborted) return;
      this.total = total;
      this.error = null;
      this.#pages.set(page, rows);
      for (const oldest of this.#pages.keys()) {
        if (this.#pages.size <= this.#options.maxPages) break;
        this.#pages.delete(oldest);
      }
    } catch (error) {
      if (this.#controller.signal.aborted) return;
      this.error = error;
      this.#failed.add(page);
    } finally {
      this.#inFlight.delete(page);
      if (!this.#controller.signal.aborted) this.#options.onChange();
    }
  }

  /** Lets failed pages be asked for again. */
  retry(): void {
    this.error = null;
    this.#failed.clear();
    this.#options.onChange();
  }

  /** Questions on their way are taken back, and answers that come all the same are ignored. */
  close(): void {
    this.#controller.abort();
  }
}
