/** @file The application menu. Items with a command send it to the page, which knows what it means; the rest are roles of the system. */
import type { MenuItemConstructorOptions } from "electron";

/** What the menu can ask of the page, with its label and keys. */
export const PAGE_COMMANDS = {
  "history.undo": { label: "Undo", accelerator: "CmdOrCtrl+Z" },
  "history.redo": { label: "Redo", accelerator: "CmdOrCtrl+Shift+Z" },
  "import.open": { label: "Import…", accelerator: "CmdOrCtrl+I" },
  "runs.new": { label: "New Run…", accelerator: "CmdOrCtrl+N" },
  "view.trajectories": { label: "Trajectories", accelerator: "CmdOrCtrl+1" },
  "view.tools": { label: "Tools", accelerator: undefined },
  "view.tokens": { label: "Tokens", accelerator: "CmdOrCtrl+2" },
  "view.runs": { label: "Runs", accelerator: "CmdOrCtrl+3" },
  "view.playground": { label: "Playground", accelerator: "CmdOrCtrl+4" },
  "view.failures": { label: "Failures", accelerator: "CmdOrCtrl+5" },
  "palette.open": { label: "Command Palette…", accelerator: "CmdOrCtrl+K" },
  "help.shortcuts": { label: "Keyboard Shortcuts", accelerator: undefined },
} as const;
export type PageCommand = keyof typeof PAGE_COMMANDS;

export interface MenuActions {
  readonly sendToPage: (command: PageCommand) => void;
  readonly openWorkspace: () => void;
}

/** Keys of commands by id, in the page's notation. */
export type MenuKeys = Readonly<Record<string, readonly string[]>>;

/** A binding of the page as a menu can have it; null for a sequence, and for a key that means something while typing. */
export function acceleratorOf(binding: string): string | null {
  const parts = binding.split("+");
  const key = parts.at(-1)!;
  const isHeld = parts.includes("Mod") || parts.includes("Alt");
  if (binding.includes(" ") || !(isHeld || /^F\d+$/.test(key))) return null;
  if (parts.length > 1 && key === "") return [...parts.slice(0, -2), "Plus"].join("+").replace("Mod", "CmdOrCtrl");
  return binding.replace("Mod", "CmdOrCtrl").replace("Arrow", "");
}

/** `keys`: as the page has them; absent until it has said so. A command without keys that a menu can have shows none. */
export function menuTemplate(
  platform: NodeJS.Platform,
  { sendToPage, openWorkspace }: MenuActions,
  keys: MenuKeys = {},
): MenuItemConstructorOptions[] {
  const item = (command: PageCommand): MenuItemConstructorOptions => {
    const { label, accelerator } = PAGE_COMMANDS[command];
    const chosen = keys[command]?.map(acceleratorOf).find((each) => each !== null);
    const shown = keys[command] === undefined ? accelerator : chosen;
    return { label, ...(shown === undefined ? {} : { accelerator: shown }), click: () => sendToPage(command) };
  };
  const separator: MenuItemConstructorOptions = { type: "separator" };
  const isMac = platform === "darwin";
  return [
    ...(isMac ? [{ role: "appMenu" } satisfies MenuItemConstructorOptions] : []),
    {
      label: "&File",
      submenu: [
        { label: "Open Workspace…", accelerator: "CmdOrCtrl+O", click: openWorkspace },
        item("import.open"),
        separator,
        item("runs.new"),
        separator,
        { role: isMac ? "close" : "quit" },
      ],
    },
    {
      label: "&Edit",
      submenu: [
        item("history.undo"),
        item("history.redo"),
        separator,
        // without these roles the clipboard keys do nothing on macOS
        { role: "cut" },
        { role: "copy" },
        { role: "paste" },
        { role: "pasteAndMatchStyle" },
        { role: "delete" },
        { role: "selectAll" },
      ],
    },
    {
      label: "&View",
      submenu: [
        item("view.trajectories"),
        item("view.tools"),
        item("view.tokens"),
        item("view.runs"),
        item("view.playground"),
        item("view.failures"),
        separator,
        item("palette.open"),
        separator,
        { role: "reload" },
        { role: "toggleDevTools" },
        separator,
        { role: "resetZoom" },
        { role: "zoomIn" },
        { role: "zoomOut" },
        { role: "togglefullscreen" },
      ],
    },
    { role: "windowMenu" },
    { role: "help", submenu: [item("help.shortcuts"), ...(isMac ? [] : [{ role: "about" } satisfies MenuItemConstructorOptions])] },
  ];
}
