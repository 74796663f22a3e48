import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createWriteTurn, giveTurn, takeTurn } from "./writeTurn.ts";

describe("the turn to write", () => {
  it("is given at once where nobody wants it, also after an error", () => {
    const turn = createWriteTurn();
    expect(takeTurn(turn, () => takeTurn(turn, () => Atomics.load(turn, 0)))).toBe(2);
    expect(() =>
      takeTurn(turn, () => {
        throw new Error("refused");
      }),
    ).toThrow("refused");
    giveTurn(turn);
    expect(Atomics.load(turn, 0)).toBe(0);
  });

  it("is kept from a worker while the core wants it", async () => {
    const turn = createWriteTurn();
    const order = new Int32Array(new SharedArrayBuffer(8));
    Atomics.add(turn, 0, 1);
    const code = `
      import { workerData, parentPort } from "node:worker_threads";
      import { giveTurn } from ${JSON.stringify(`file://${join(import.meta.dirname, "writeTurn.ts")}`)};
      parentPort.postMessage("asks");
      giveTurn(workerData.turn);
      Atomics.store(workerData.order, 1, Atomics.load(workerData.order, 0));
      parentPort.postMessage("goes on");`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: { turn, order } });
    await once(worker, "message");
    Atomics.store(order, 0, 1);
    Atomics.sub(turn, 0, 1);
    Atomics.notify(turn, 0);
    await once(worker, "message");
    // it went on only after the core had written
    expect(Atomics.load(order, 1)).toBe(1);
    await worker.terminate();
  });
});
