/** @file The one window: how it is made, and what it asks before it closes on running work. */
import { BrowserWindow, dialog, screen } from "electron";
import { join } from "node:path";
import { keepWindowState, readWindowState } from "./windowState.ts";

const MINIMUM = { width: 960, height: 600 };

export interface WindowOptions {
  readonly stateFile: string;
  readonly preloadFile: string;
  /** Titles of the jobs that run now. */
  readonly runningJobs: () => readonly string[];
}

export function createWindow({ stateFile, preloadFile, runningJobs }: WindowOptions): BrowserWindow {
  const { bounds, maximized } = readWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: MINIMUM.width,
    minHeight: MINIMUM.height,
    show: false, // until the first paint, or the window flashes white
    title: "Callsmith",
    webPreferences: { preload: preloadFile, contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false },
  });
  if (maximized) window.maximize();
  window.once("ready-to-show", () => window.show());
  keepWindowState(window, stateFile);
  askBeforeClosing(window, runningJobs);
  return window;
}

function askBeforeClosing(window: BrowserWindow, runningJobs: () => readonly string[]): void {
  let isAgreed = false;
  window.on("close", (event) => {
    const running = runningJobs();
    if (isAgreed || running.length === 0) return;
    event.preventDefault();
    void dialog
      .showMessageBox(window, {
        type: "question",
        message: running.length === 1 ? `${running[0]} is still running.` : `${running.length} jobs are still running.`,
        detail: "What is done so far is saved, and each job can be continued later.",
        buttons: ["Save and quit", "Keep running"],
        defaultId: 1,
        cancelId: 1,
      })
      .then(({ response }) => {
        if (response !== 0) return;
        isAgreed = true;
        window.close();
      });
  });
}

export const preloadFileIn = (mainDir: string): string => join(mainDir, "../preload/index.cjs");
