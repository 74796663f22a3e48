/** @file What the preload shows the page as `window.desktop`; the web shell has no such object. */
export interface DesktopApi {
  readonly apiVersion: 1;
  readonly platform: string;
  /** Asks main for a MessagePort to the core; it arrives as a window message `CORE_PORT_MESSAGE`. */
  connectCore(): void;
  openPaths(options: { title: string; folders: boolean }): Promise<string[]>;
  /** Taskbar or dock progress, 0 to 1; null removes it. */
  setProgress(fraction: number | null): Promise<void>;
  onMenu(listener: (command: string) => void): () => void;
  /** The keys of commands as they are now, by command id, in the page's notation ("Mod+K"): the menu shows those that it has. */
  setMenuKeys(keys: Readonly<Record<string, readonly string[]>>): Promise<void>;
}
export const CORE_PORT_MESSAGE = "callsmith:core-port";

/** Every IPC channel there is: main answers exactly these, the preload uses exactly these. */
export const CHANNELS = {
  connectCore: "core:connect",
  corePort: "core:port",
  openPaths: "dialog:open-paths",
  setProgress: "window:progress",
  menu: "menu:command",
  menuKeys: "menu:keys",
} as const;
