/** @file Everything a page may not do: leave its origin, open windows, embed views, ask for devices, or speak from another frame. */
import { app, ipcMain, session, shell, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from "electron";
import { APP_ORIGIN, originOf } from "./appProtocol.ts";

/** The origin of the development server counts only where the app is not packaged. */
export function trustedOrigins(devUrl: string | undefined): readonly string[] {
  return devUrl === undefined ? [APP_ORIGIN] : [APP_ORIGIN, originOf(devUrl)];
}

/** Whether an IPC message comes from the main frame of our own page. */
export function isTrusted(event: IpcMainEvent | IpcMainInvokeEvent, origins: readonly string[]): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === event.sender.mainFrame && origins.includes(originOf(frame.url));
}

/** Answers `channel` for our own page only. Arguments come from a page: whoever handles them checks them. */
export function handleTrusted(
  channel: string,
  origins: readonly string[],
  answer: (event: IpcMainInvokeEvent, argument: unknown) => unknown,
): void {
  ipcMain.handle(channel, (event, argument: unknown) => {
    if (!isTrusted(event, origins)) throw new Error(`refused: ${channel}`);
    return answer(event, argument);
  });
}

function confine(contents: WebContents, origins: readonly string[]): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith("https://")) void shell.openExternal(url);
    return { action: "deny" };
  });
  // a reload navigates to the page itself and stays allowed
  contents.on("will-navigate", (event) => {
    if (!origins.includes(originOf(event.url))) event.preventDefault();
  });
  contents.on("will-frame-navigate", (event) => {
    if (!origins.includes(originOf(event.url))) event.preventDefault();
  });
  contents.on("will-redirect", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
}

/** Holds for every page there will be; call before the first window. */
export function restrictPages(origins: readonly string[]): void {
  app.on("web-contents-created", (_event, contents) => confine(contents, origins));
  const pages = session.defaultSession;
  pages.setPermissionRequestHandler((_contents, permission, decide) => decide(permission === "clipboard-sanitized-write"));
  pages.setPermissionCheckHandler((_contents, permission) => permission === "clipboard-sanitized-write");
  pages.setDevicePermissionHandler(() => false);
}
