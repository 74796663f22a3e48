/**
 * @file Decisions of one key: shown before the core has answered, sent again where an answer was lost, taken back from the screen where they
 * were refused, with the reason at the row that they were meant for.
 */
import { shallowReactive } from "vue";
import type { AppError } from "#contracts/errors.ts";
import type { Status } from "#contracts/review.ts";
import type { Client } from "../../transport/client.ts";
import { toAppError } from "../../transport/toAppError.ts";

export interface FailedDecision {
  readonly status: Status;
  readonly error: AppError;
}

/** A lost answer is asked for again so often; the request's name keeps it from being done twice. */
const MOST_TRIES = 4;

export interface Decisions {
  /** Shown in place of what the core said last. */
  readonly pending: ReadonlyMap<string, Status>;
  readonly failed: ReadonlyMap<string, FailedDecision>;
  /** Resolves when the core has answered, whatever it said. */
  readonly decide: (id: string, status: Status, author: string) => Promise<void>;
  readonly dismiss: (id: string) => void;
}

/** `settle` is told of every trajectory that the core has decided, before the shown decision is dropped: whoever shows it reads it anew. */
export function createDecisions(client: Client, settle: (id: string) => Promise<void> | void): Decisions {
  const pending = shallowReactive(new Map<string, Status>());
  const failed = shallowReactive(new Map<string, FailedDecision>());
  /** Of each trajectory, the decision made last: answers to earlier ones no longer matter. */
  const newest = new Map<string, symbol>();
  /** Of each trajectory, the decision on its way: a second one waits, so that the last pressed is the last made. */
  const onTheWay = new Map<string, Promise<void>>();

  async function send(id: string, status: Status, author: string): Promise<void> {
    const wish = {
      selection: { ids: [id] },
      operation: { type: "status" as const, status },
      author,
      request: crypto.randomUUID(),
    };
    for (let tries = 1; ; tries++) {
      try {
        await client.changes.apply(wish);
        return;
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code !== "E_CONNECTION_LOST" || tries === MOST_TRIES) throw error;
      }
    }
  }

  async function decide(id: string, status: Status, author: string): Promise<void> {
    const mine = Symbol(id);
    newest.set(id, mine);
    failed.delete(id);
    pending.set(id, status);
    const before = onTheWay.get(id);
    const going = (async () => {
      await before?.catch(() => undefined);
      await send(id, status, author);
    })();
    onTheWay.set(id, going);
    try {
      await going;
      await settle(id);
    } catch (thrown) {
      if (newest.get(id) === mine) failed.set(id, { status, error: toAppError(thrown) });
    }
    if (onTheWay.get(id) === going) onTheWay.delete(id);
    if (newest.get(id) !== mine) return;
    newest.delete(id);
    pending.delete(id);
  }

  return { pending, failed, decide, dismiss: (id) => void failed.delete(id) };
}
