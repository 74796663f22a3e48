/** @file The application menu. Items with a command send it to the page, which knows what it means; the rest are roles of the system. */
import type { MenuItemConstructorOptions } from "electron";

/** What the menu can ask of the page, with its label and keys. */
export const PAGE_COMMANDS = {
  "import.open": { label: "Import…", accelerator: "CmdOrCtrl+I" },
  "runs.new": { label: "New Run…", accelerator: "CmdOrCtrl+N" },
  "view.trajectories": { label: "Trajectories", accelerator: "CmdOrCtrl+1" },
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

export function menuTemplate(platform: NodeJS.Platform, { sendToPage, openWorkspace }: MenuActions): MenuItemConstructorOptions[] {
  const item = (command: PageCommand): MenuItemConstructorOptions => ({ ...PAGE_COMMANDS[command], click: () => sendToPage(command) });
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
    { role: "editMenu" }, // without it the clipboard keys do nothing on macOS
    {
      label: "&View",
      submenu: [
        item("view.trajectories"),
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
