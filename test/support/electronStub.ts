/**
 * @file Stands in for the `electron` module, so that the built main process runs in plain Node. It keeps Electron's shapes (names, events,
 * order of arguments; checked against electron.d.ts) and records what was asked of it. Utility processes are worker threads here.
 */
import { EventEmitter } from "node:events";
import { mkdtempSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import type * as Electron from "electron";
import { StubPort } from "./stubPort.ts";

type Listener = (...args: never[]) => unknown;

class StubApp extends EventEmitter {
  readonly isPackaged = false;
  readonly userData = mkdtempSync(join(tmpdir(), "callsmith-electron-"));
  isSandboxed = false;
  badgeCount = 0;
  enableSandbox(): void {
    this.isSandboxed = true;
  }
  requestSingleInstanceLock(): boolean {
    return true;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  getPath(): string {
    return this.userData;
  }
  getVersion(): string {
    return "0.0.0";
  }
  setAppUserModelId(): void {}
  setAboutPanelOptions(): void {}
  addRecentDocument(): void {}
  setBadgeCount(count = 0): boolean {
    this.badgeCount = count;
    return true;
  }
  /** Windows close first; then `will-quit` may hold the end back and quit again. */
  quit(): void {
    for (const window of BrowserWindow.all.filter((each) => !each.isDestroyed)) window.close();
    if (BrowserWindow.all.some((each) => !each.isDestroyed)) return;
    let isPrevented = false;
    this.emit("will-quit", { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.emit("stub-ended");
  }
}
export const app = new StubApp();

class StubFrame {
  url = "";
  postMessage: (channel: string, message: unknown, ports: StubPort[]) => void = () => {};
}

class StubContents extends EventEmitter {
  readonly mainFrame = new StubFrame();
  windowOpenHandler: (details: { url: string }) => { action: string } = () => ({ action: "allow" });
  readonly sent: unknown[][] = [];
  onSend: (channel: string, ...args: unknown[]) => void = () => {};
  reload: () => void = () => {};
  setWindowOpenHandler(handler: StubContents["windowOpenHandler"]): void {
    this.windowOpenHandler = handler;
  }
  send(channel: string, ...args: unknown[]): void {
    this.sent.push([channel, ...args]);
    this.onSend(channel, ...args);
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  static onLoad: (url: string) => Promise<void> = () => Promise.resolve();
  static fromWebContents(contents: StubContents): BrowserWindow | null {
    return BrowserWindow.all.find((window) => window.webContents === contents) ?? null;
  }
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents = new StubContents();
  readonly progress: number[] = [];
  isShown = false;
  isDestroyed = false;
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit("web-contents-created", {}, this.webContents);
  }
  async loadURL(url: string): Promise<void> {
    await BrowserWindow.onLoad(url);
    this.emit("ready-to-show");
  }
  close(): void {
    let isPrevented = false;
    this.emit("close", { preventDefault: () => (isPrevented = true) });
    if (isPrevented) return;
    this.isDestroyed = true;
    this.emit("closed");
    app.emit("window-all-closed");
  }
  show(): void {
    this.isShown = true;
  }
  focus(): void {}
  maximize(): void {}
  restore(): void {}
  isFocused(): boolean {
    return true;
  }
  isMinimized(): boolean {
    return false;
  }
  isMaximized(): boolean {
    return false;
  }
  getNormalBounds(): Electron.Rectangle {
    return { x: 0, y: 0, width: 1440, height: 900 };
  }
  setProgressBar(fraction: number): void {
    this.progress.push(fraction);
  }
}

export class MessageChannelMain {
  readonly port1: StubPort;
  readonly port2: StubPort;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new StubPort(port1);
    this.port2 = new StubPort(port2);
  }
}

class StubUtilityProcess extends EventEmitter {
  readonly stdout = null;
  readonly stderr = null;
  pid: number | undefined;
  readonly #worker: Worker;
  constructor(file: string, env: NodeJS.ProcessEnv = process.env) {
    super();
    this.#worker = new Worker(new URL("./utilityWorker.ts", import.meta.url), { workerData: { file }, execArgv: [], env });
    this.pid = this.#worker.threadId;
    this.#worker.on("message", (message) => this.emit("message", message));
    this.#worker.on("error", (error) => process.stderr.write(`${file}: ${String(error)}\n`));
    this.#worker.on("exit", (code) => {
      this.pid = undefined;
      this.emit("exit", code);
    });
  }
  postMessage(data: unknown, ports: StubPort[] = []): void {
    const raw = ports.map((port) => port.raw);
    this.#worker.postMessage({ data, ports: raw }, raw);
  }
  kill(): boolean {
    void this.#worker.terminate();
    return true;
  }
}

export const utilityProcesses: { readonly file: string; readonly options: Electron.ForkOptions; readonly child: StubUtilityProcess }[] = [];
export const utilityProcess = {
  fork(file: string, _args: string[], options: Electron.ForkOptions): StubUtilityProcess {
    const child = new StubUtilityProcess(file, options.env && { ...options.env });
    utilityProcesses.push({ file, options, child });
    return child;
  },
};

export const handlers = new Map<string, Listener>();
export const ipcMain = Object.assign(new EventEmitter(), {
  handle(channel: string, handler: Listener): void {
    if (handlers.has(channel)) throw new Error(`a second handler for ${channel}`);
    handlers.set(channel, handler);
  },
});

export const dialogs: { kind: string; options: unknown }[] = [];
/** What the next dialogs answer. */
export const answers: { paths: string[]; button: number } = { paths: [], button: 0 };
export const dialog = {
  showOpenDialog(...args: unknown[]): Promise<Electron.OpenDialogReturnValue> {
    dialogs.push({ kind: "open", options: args.at(-1) });
    return Promise.resolve({ canceled: answers.paths.length === 0, filePaths: answers.paths });
  },
  showMessageBox(...args: unknown[]): Promise<Electron.MessageBoxReturnValue> {
    dialogs.push({ kind: "message", options: args.at(-1) });
    return Promise.resolve({ response: answers.button, checkboxChecked: false });
  },
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
export const net = {
  async fetch(url: string): Promise<Response> {
    const file = fileURLToPath(url);
    try {
      return new Response(await readFile(file), { headers: { "content-type": TYPES[extname(file)] ?? "application/octet-stream" } });
    } catch {
      return new Response("", { status: 404 });
    }
  },
};

export const schemes: Electron.CustomScheme[] = [];
export const protocolHandlers = new Map<string, (request: Request) => Promise<Response>>();
export const protocol = {
  registerSchemesAsPrivileged(added: Electron.CustomScheme[]): void {
    schemes.push(...added);
  },
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void {
    protocolHandlers.set(scheme, handler);
  },
};

export const permissions: Record<string, (...args: never[]) => unknown> = {};
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler: Listener) => (permissions["request"] = handler),
    setPermissionCheckHandler: (handler: Listener) => (permissions["check"] = handler),
    setDevicePermissionHandler: (handler: Listener) => (permissions["device"] = handler),
  },
};

export const opened: string[] = [];
export const shell = {
  openExternal(url: string): Promise<void> {
    opened.push(url);
    return Promise.resolve();
  },
};

export const menus: { current: Electron.MenuItemConstructorOptions[] } = { current: [] };
export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (template: Electron.MenuItemConstructorOptions[]) => (menus.current = template),
};

export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] };
export const crashReporter = { start: (_options: Electron.CrashReporterStartOptions): void => {} };
export const powerSaveBlocker = { start: (): number => 1, stop: (): void => {} };
export class Notification {
  static isSupported(): boolean {
    return false;
  }
  show(): void {}
}

/** Every name and member used here is one of Electron's: the compiler says so where Electron drops one. */
type MembersOf<T> = { readonly [K in keyof T]?: unknown };
({
  app: {} as Pick<
    StubApp,
    | "isPackaged"
    | "enableSandbox"
    | "requestSingleInstanceLock"
    | "whenReady"
    | "getPath"
    | "getVersion"
    | "quit"
    | "setBadgeCount"
    | "setAppUserModelId"
    | "setAboutPanelOptions"
    | "addRecentDocument"
  >,
  dialog,
  net,
  protocol,
  shell,
  utilityProcess,
  crashReporter,
  powerSaveBlocker,
  screen,
}) satisfies {
  app: MembersOf<Electron.App>;
  dialog: MembersOf<Electron.Dialog>;
  net: MembersOf<Electron.Net>;
  protocol: MembersOf<Electron.Protocol>;
  shell: MembersOf<Electron.Shell>;
  utilityProcess: MembersOf<typeof Electron.utilityProcess>;
  crashReporter: MembersOf<Electron.CrashReporter>;
  powerSaveBlocker: MembersOf<Electron.PowerSaveBlocker>;
  screen: MembersOf<Electron.Screen>;
};
