/**
 * @file The page of the stubbed desktop: Chromium stands for Electron's window, `https://callsmith.test` for `app://callsmith`. Files come
 * through the real protocol handler of main, the built preload runs in the page, and its IPC and ports are carried to the stub.
 */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import type * as Stub from "./electronStub.ts";
import type { StubPort } from "./stubPort.ts";

const HOST = "https://callsmith.test";
const APP = "app://callsmith";

/** What the preload may require, in a page: `electron` and nothing else. */
function preloadScript(preload: string): string {
  return `(() => {
    const listeners = new Map(), open = new Map();
    const ipcRenderer = {
      on(channel, listener) { (listeners.get(channel) ?? listeners.set(channel, new Set()).get(channel)).add(listener); },
      off(channel, listener) { listeners.get(channel)?.delete(listener); },
      send(channel, ...args) { void __ipc("send", channel, args); },
      invoke(channel, ...args) { return __ipc("invoke", channel, args); },
    };
    window.__deliver = (channel, args, portIds) => {
      const ports = portIds.map((id) => {
        const { port1, port2 } = new MessageChannel();
        port2.onmessage = ({ data }) => void __toPort(id, data);
        open.set(id, port2);
        return port1;
      });
      for (const listener of listeners.get(channel) ?? []) listener({ ports }, ...args);
    };
    window.__fromPort = (id, data) => open.get(id)?.postMessage(data);
    const contextBridge = { exposeInMainWorld: (name, api) => Object.defineProperty(window, name, { value: Object.freeze(api) }) };
    const require = (name) => {
      if (name !== "electron") throw new Error("a sandboxed preload cannot require " + name);
      return { contextBridge, ipcRenderer };
    };
    const process = { platform: "linux" }, module = { exports: {} }, exports = module.exports;
    ${preload}
  })()`;
}

interface BridgedWindow extends Window {
  __deliver(channel: string, args: unknown[], portIds: number[]): void;
  __fromPort(id: number, data: unknown): void;
}

/** Carries IPC and ports between the page and the stub's only window. Call before main is imported. */
export async function bridge(page: Page, stub: typeof Stub): Promise<void> {
  const ports: StubPort[] = [];
  const deliver = async (channel: string, args: unknown[], transferred: readonly StubPort[]): Promise<void> => {
    const ids = transferred.map((port) => ports.push(port) - 1);
    await page.evaluate(([c, a, i]) => (window as unknown as BridgedWindow).__deliver(c, a, i), [channel, args, ids] as const);
    for (const id of ids) {
      ports[id]!.on("message", ({ data }) => {
        // a page that has gone takes no messages
        void page.evaluate(([i, d]) => (window as unknown as BridgedWindow).__fromPort(i, d), [id, data] as const).catch(() => undefined);
      });
      ports[id]!.start();
    }
  };

  await page.exposeBinding("__toPort", (_source, id: number, data: unknown) => ports[id]!.postMessage(data));
  await page.exposeBinding("__ipc", async ({ frame }, kind: "send" | "invoke", channel: string, args: unknown[]) => {
    const sender = stub.BrowserWindow.all[0]!.webContents;
    sender.mainFrame.url = frame.url().replace(HOST, APP);
    sender.mainFrame.postMessage = (to, message, transferred) => void deliver(to, [message], transferred);
    sender.onSend = (to, ...rest) => void deliver(to, rest, []);
    const event = { sender, senderFrame: sender.mainFrame };
    if (kind === "send") {
      stub.ipcMain.emit(channel, event, ...args);
      return undefined;
    }
    const handler = stub.handlers.get(channel) as ((...all: unknown[]) => unknown) | undefined;
    if (handler === undefined) throw new Error(`no handler for ${channel}`);
    return handler(event, ...args);
  });
  await page.addInitScript(preloadScript(readFileSync("out/preload/index.cjs", "utf8")));
  await page.route("**/*", async (route) => {
    const answer = await stub.protocolHandlers.get("app")!(new Request(route.request().url().replace(HOST, APP)));
    const body = Buffer.from(await answer.arrayBuffer());
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
  });
  stub.BrowserWindow.onLoad = async (url) => void (await page.goto(url.replace(APP, HOST)));
}
