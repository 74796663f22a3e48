/** @file A utility process as a worker thread: gives the built entry the `process.parentPort` it expects. */
import { EventEmitter } from "node:events";
import { pathToFileURL } from "node:url";
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { StubPort } from "./stubPort.ts";

const toMain = parentPort!;
const early: unknown[] = [];
const stub = Object.assign(new EventEmitter(), { postMessage: (message: unknown) => toMain.postMessage(message) });
toMain.on("message", ({ data, ports }: { data: unknown; ports: MessagePort[] }) => {
  const event = { data, ports: ports.map((port) => new StubPort(port)) };
  if (stub.listenerCount("message") > 0) stub.emit("message", event);
  else early.push(event);
});
(process as unknown as { parentPort: unknown }).parentPort = stub;
await import(pathToFileURL((workerData as { file: string }).file).href);
for (const event of early) stub.emit("message", event);
