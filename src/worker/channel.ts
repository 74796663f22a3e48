/** @file The line to the core, whichever way this process was started: forked by Node, or a utility process of Electron. */
import type { FromTrainer, ToTrainer } from "#contracts/trainer.ts";

export interface Channel {
  send(message: FromTrainer): void;
  onMessage(listener: (message: ToTrainer) => void): void;
  /** The core is gone. */
  onClose(listener: () => void): void;
}

/** A port as Electron's main process hands it over (`MessagePortMain`). */
interface ElectronPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): void;
  on(event: "close", listener: () => void): void;
  start(): void;
}

/** `process.parentPort` of a utility process. */
interface ElectronParentPort {
  once(event: "message", listener: (event: { readonly data: unknown; readonly ports: readonly ElectronPort[] }) => void): void;
}

/** Settles when the line is open; under Electron that is when main has sent the port. */
export async function openChannel(): Promise<Channel> {
  const { parentPort } = process as { parentPort?: ElectronParentPort };
  if (parentPort !== undefined) {
    // Messages are kept by the port until it is started, which the first listener does.
    const port = await new Promise<ElectronPort>((resolve) => parentPort.once("message", ({ ports }) => resolve(ports[0]!)));
    return {
      send: (message) => port.postMessage(message),
      onMessage: (listener) => {
        port.on("message", ({ data }) => listener(data as ToTrainer));
        port.start();
      },
      onClose: (listener) => port.on("close", listener),
    };
  }
  return {
    // The callback takes the error of a line that closed in between; `onClose` tells it.
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on("message", (message) => listener(message as ToTrainer)),
    onClose: (listener) => void process.on("disconnect", listener),
  };
}
