/** @file Electron's MessagePortMain over a Node MessagePort. */
import { EventEmitter } from "node:events";
import type { MessagePort, Transferable } from "node:worker_threads";

export class StubPort extends EventEmitter {
  readonly raw: MessagePort;
  constructor(raw: MessagePort) {
    super();
    this.raw = raw;
  }
  start(): void {
    this.raw.on("message", (data) => this.emit("message", { data, ports: [] }));
    this.raw.on("close", () => this.emit("close"));
  }
  postMessage(data: unknown, transfer: StubPort[] = []): void {
    this.raw.postMessage(data, transfer.map((port) => port.raw) as Transferable[]);
  }
  close(): void {
    this.raw.close();
  }
}
