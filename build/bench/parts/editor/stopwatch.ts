/**
 * @file What runs inside the measured page: a stopwatch from an input to the frame that shows its result, the gaps between frames, and how
 * long every question to the core took. It only listens; the page does not know of it.
 *
 * An input's time is that of its event, as the browser got it. A result's time is the end of the first frame drawn after it is in the
 * document: a task that runs behind that frame's drawing.
 */

export interface CoreCall {
  readonly path: string;
  readonly input: unknown;
  readonly startedAt: number;
  /** Null while it is on its way. */
  endedAt: number | null;
  answer: unknown;
}

export interface SeenJob {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly done: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** What is waited for, by name: the conditions are part of the page's side. */
export type Wanted =
  /** The list has rows. */
  | { readonly what: "rows" }
  /** The list and the counts beside it answer a filter with these words, or with any. */
  | { readonly what: "found"; readonly text?: string }
  /** A trajectory is open with its turns; another than the one that was open when the clock was set. */
  | { readonly what: "next" }
  | { readonly what: "opened"; readonly id: string }
  /** The row of a trajectory shows a status. */
  | { readonly what: "status"; readonly id: string; readonly status: string }
  /** No editor is open, and the turns show a text. */
  | { readonly what: "saved"; readonly text: string }
  /** No editor is open, and the turns do not show a text any more. */
  | { readonly what: "gone"; readonly text: string };

export interface Stopwatch {
  /** From the next input of this kind. */
  set(event: "keydown" | "input", wanted: Wanted): void;
  /** From now, by what the page does itself. */
  follow(hash: string, wanted: Wanted): Promise<number>;
  /** Milliseconds of the clock that was set. */
  read(): Promise<number>;
  /** Milliseconds from the start of the navigation to the first rows. */
  readonly firstRows: Promise<number>;
  watchFrames(): void;
  /** Milliseconds between frames since they are watched. */
  frames(): readonly number[];
  openId(): string;
  calls(): readonly CoreCall[];
  forgetCalls(): void;
  jobs(): readonly SeenJob[];
}

/** What the script leaves in the page. */
export type Watched = typeof globalThis & { stopwatch: Stopwatch };

/** Runs in the page, before anything of it; refers to nothing outside itself. */
export function installStopwatch(): void {
  const calls = new Map<string, CoreCall>();
  const jobs = new Map<string, SeenJob>();
  const waiting = new Set<() => void>();
  const look = (): void => [...waiting].forEach((check) => check());

  class WatchedSocket extends WebSocket {
    readonly #number = Math.random().toString(36);

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", ({ data }) => {
        if (typeof data !== "string") return;
        const { i, t, p } = JSON.parse(data) as { i: string; t?: number; p?: { b?: { json?: unknown }; d?: { json?: unknown } } };
        const news = p?.d?.json as { jobs?: SeenJob[] } | undefined;
        for (const job of news?.jobs ?? []) jobs.set(job.id, job);
        const call = calls.get(`${this.#number}/${i}`);
        if (call === undefined || t !== undefined || call.endedAt !== null) return;
        call.endedAt = performance.now();
        call.answer = p?.b?.json;
        // the page's own listener comes behind this one
        setTimeout(look);
      });
    }

    override send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
      if (typeof data === "string") {
        const { i, t, p } = JSON.parse(data) as { i: string; t?: number; p?: { u: string; b?: { json?: unknown } } };
        const call = { path: p?.u ?? "", input: p?.b?.json, startedAt: performance.now(), endedAt: null, answer: undefined };
        if (t === undefined) calls.set(`${this.#number}/${i}`, call);
      }
      super.send(data as string);
    }
  }
  window.WebSocket = WatchedSocket;

  const text = (selector: string): string => document.querySelector(selector)?.textContent?.trim() ?? "";
  const openId = (): string => text('[aria-label="Trajectory"] h2');
  const hasTurns = (): boolean => document.querySelector('[aria-label="Trajectory"] .turn') !== null;
  const firstRow = (): Element | null => document.querySelector('[role="grid"] [data-index]:not(.waiting)');
  /** The last question of a kind since a time; undefined while there is none, or no answer. */
  const answered = (path: string, since: number): CoreCall | undefined => {
    const last = [...calls.values()].findLast((call) => call.path === path && call.startedAt >= since);
    return last === undefined || last.endedAt === null ? undefined : last;
  };
  const filterText = (call: CoreCall): string | undefined => (call.input as { filter?: { text?: string } }).filter?.text;

  function holds(wanted: Wanted, since: number, before: string): boolean {
    switch (wanted.what) {
      case "rows":
        return firstRow() !== null;
      case "found": {
        const list = answered("/trajectories/list", since);
        const facets = answered("/trajectories/facets", since);
        if (list === undefined || facets === undefined) return false;
        if (wanted.text !== undefined && (filterText(list) !== wanted.text || filterText(facets) !== wanted.text)) return false;
        const { total } = list.answer as { total: number };
        const grid = document.querySelector('[role="grid"][aria-label="Trajectories"]');
        return total === 0 ? grid === null : grid?.getAttribute("aria-rowcount") === String(total + 1) && firstRow() !== null;
      }
      case "next":
        return openId() !== before && hasTurns();
      case "opened":
        return openId() === wanted.id && hasTurns();
      case "status": {
        const rows = [...document.querySelectorAll('[role="grid"] [data-index]')];
        return rows.some((row) => row.textContent!.includes(wanted.id) && row.querySelector(`.status.${wanted.status}`) !== null);
      }
      case "saved":
      case "gone":
        if (document.querySelector(".turn.editing") !== null) return false;
        return text('[aria-label="Trajectory"] .turns').includes(wanted.text) === (wanted.what === "saved");
    }
  }

  const drawn = (): Promise<number> =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(null);
      }),
    );
  function shown(wanted: Wanted, since: number, before: string): Promise<number> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!waiting.has(check) || !holds(wanted, since, before)) return;
        waiting.delete(check);
        void drawn().then(resolve);
      };
      waiting.add(check);
      check();
    });
  }
  const watch = (): void => {
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  };
  watch();

  let reading: Promise<number> = Promise.resolve(0);
  let gaps: number[] = [];
  let watchesFrames = false;
  const stopwatch: Stopwatch = {
    firstRows: shown({ what: "rows" }, 0, ""),
    set(event, wanted) {
      const before = openId();
      reading = new Promise((resolve) => {
        const take = (input: Event): void => {
          const { timeStamp } = input;
          void shown(wanted, timeStamp, before).then((at) => resolve(at - timeStamp));
        };
        window.addEventListener(event, take, { capture: true, once: true });
      });
    },
    async follow(hash, wanted) {
      const since = performance.now();
      const before = openId();
      location.hash = hash;
      return (await shown(wanted, since, before)) - since;
    },
    read: () => reading,
    watchFrames() {
      gaps = [];
      watchesFrames = true;
      let last = performance.now();
      const step = (now: number): void => {
        if (!watchesFrames) return;
        gaps.push(now - last);
        last = now;
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    },
    frames() {
      watchesFrames = false;
      return gaps;
    },
    openId,
    calls: () => [...calls.values()],
    forgetCalls: () => {
      for (const [key, { endedAt }] of calls) if (endedAt !== null) calls.delete(key);
    },
    jobs: () => [...jobs.values()],
  };
  (globalThis as Watched).stopwatch = stopwatch;
}
