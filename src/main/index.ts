/** @file Electron's main process: the window, the menu, dialogs, and the life of the core. Stays out of the data path. */
import { app, BrowserWindow, crashReporter, dialog, ipcMain, Menu, Notification, powerSaveBlocker, type OpenDialogOptions } from "electron";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { CHANNELS } from "#contracts/desktop.ts";
import type { FromCore } from "#contracts/processes.ts";
import { sampleWorkspaceIn } from "#services/places.ts";
import { PAGE_URL, registerAppScheme, serveAppScheme } from "./appProtocol.ts";
import { CoreProcess, type Workspace } from "./coreProcess.ts";
import { openLog, type Log } from "./log.ts";
import { menuTemplate, type MenuKeys } from "./menu.ts";
import { handleTrusted, isTrusted, restrictPages, trustedOrigins } from "./security.ts";
import { createWindow, preloadFileIn } from "./window.ts";

const here = import.meta.dirname;
const root = app.isPackaged ? process.resourcesPath : join(here, "../..");
const devUrl = app.isPackaged ? undefined : process.env["ELECTRON_RENDERER_URL"];
const origins = trustedOrigins(devUrl);
const openPathsSchema = z.object({ title: z.string().max(200), folders: z.boolean() });
const menuKeysSchema = z.record(z.string().max(100), z.array(z.string().max(100)).max(10));
const progressSchema = z.number().min(0).max(1).nullable();

let window: BrowserWindow | undefined;
let core: CoreProcess | undefined;
let runningJobs: readonly string[] = [];
let blockerId: number | undefined;

/** `--workspace DIR` of a command line; Chromium's own switches in it are passed over. */
function workspaceFrom(argv: readonly string[]): Workspace {
  const { values } = parseArgs({ args: [...argv], options: { workspace: { type: "string" } }, strict: false });
  if (typeof values.workspace === "string") return { workspaceDir: resolve(values.workspace), isSample: false };
  return { workspaceDir: app.isPackaged ? join(app.getPath("userData"), "sample-workspace") : sampleWorkspaceIn(root), isSample: true };
}

function showProgress(running: readonly string[], fraction: number | null): void {
  runningJobs = running;
  window?.setProgressBar(running.length === 0 ? -1 : (fraction ?? 2)); // above 1: busy without a known end
  app.setBadgeCount(running.length);
  if (running.length > 0) blockerId ??= powerSaveBlocker.start("prevent-app-suspension");
  else if (blockerId !== undefined) {
    powerSaveBlocker.stop(blockerId);
    blockerId = undefined;
  }
}

function onCoreMessage(log: Log, message: FromCore): void {
  if (message.type === "jobs") showProgress(message.running, message.fraction);
  else if (message.type === "notOpened") {
    log("core", `${message.error.code}: ${message.error.message}`);
    void askForAnotherWorkspace(message.error);
  } else if (message.type === "jobEnded" && window?.isFocused() === false && Notification.isSupported()) {
    new Notification({ title: message.title, body: message.state }).show();
  }
}

async function askForAnotherWorkspace({ message, fix }: { readonly message: string; readonly fix: string }): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: "error",
    message: `The workspace could not be opened. ${message}`,
    detail: fix,
    buttons: ["Open another workspace", "Quit"],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) await chooseWorkspace();
  else app.quit();
}

async function chooseWorkspace(): Promise<void> {
  const options: OpenDialogOptions = { title: "Open Workspace", properties: ["openDirectory", "createDirectory"] };
  const { canceled, filePaths } =
    window === undefined ? await dialog.showOpenDialog(options) : await dialog.showOpenDialog(window, options);
  const [workspaceDir] = filePaths;
  if (canceled || workspaceDir === undefined) return;
  app.addRecentDocument(workspaceDir);
  await core?.open({ workspaceDir, isSample: false });
}

function answerPage(): void {
  ipcMain.on(CHANNELS.connectCore, (event) => {
    if (!isTrusted(event, origins) || core === undefined) return;
    event.senderFrame?.postMessage(CHANNELS.corePort, null, [core.connect()]);
  });
  handleTrusted(CHANNELS.openPaths, origins, async (event, argument) => {
    const { title, folders } = openPathsSchema.parse(argument);
    const options: OpenDialogOptions = { title, properties: ["multiSelections", folders ? "openDirectory" : "openFile"] };
    const owner = BrowserWindow.fromWebContents(event.sender);
    const chosen = owner === null ? await dialog.showOpenDialog(options) : await dialog.showOpenDialog(owner, options);
    return chosen.canceled ? [] : chosen.filePaths;
  });
  handleTrusted(CHANNELS.menuKeys, origins, (_event, argument) => showMenu(menuKeysSchema.parse(argument)));
  handleTrusted(CHANNELS.setProgress, origins, (_event, argument) => window?.setProgressBar(progressSchema.parse(argument) ?? -1));
}

function showMenu(keys: MenuKeys): void {
  const sendToPage = (command: string): void => window?.webContents.send(CHANNELS.menu, command);
  const actions = { sendToPage, openWorkspace: () => void chooseWorkspace() };
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, actions, keys)));
}

function startCore(log: Log): CoreProcess {
  return new CoreProcess(workspaceFrom(process.argv.slice(app.isPackaged ? 1 : 2)), {
    root,
    coreFile: join(here, "core.js"),
    trainerFile: join(here, "trainer.js"),
    log,
    onMessage: (message) => onCoreMessage(log, message),
    onRestarted: () => {
      showProgress([], null);
      window?.webContents.reload();
    },
  });
}

async function open(): Promise<void> {
  const userData = app.getPath("userData");
  mkdirSync(userData, { recursive: true });
  const log = openLog(join(userData, "logs"));
  restrictPages(origins);
  serveAppScheme(join(here, "../renderer"));
  core = startCore(log);
  answerPage();
  window = createWindow({ stateFile: join(userData, "window.json"), preloadFile: preloadFileIn(here), runningJobs: () => runningJobs });
  window.on("closed", () => (window = undefined));
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    log("page", `gone: ${reason}`);
    if (reason !== "clean-exit") window?.webContents.reload();
  });
  app.on("child-process-gone", (_event, { type, reason, serviceName }) => log(serviceName ?? type, `gone: ${reason}`));
  showMenu({});
  await window.loadURL(devUrl ?? PAGE_URL);
}

function quitAfterSaving(): void {
  let isSaved = false;
  app.on("will-quit", (event) => {
    if (isSaved || core === undefined) return;
    event.preventDefault();
    isSaved = true;
    void core.stop().finally(() => app.quit());
  });
}

registerAppScheme();
app.enableSandbox();
app.setAppUserModelId("dev.callsmith.workbench");
app.setAboutPanelOptions({ applicationName: "Callsmith", applicationVersion: app.getVersion() });
if (app.requestSingleInstanceLock()) {
  crashReporter.start({ uploadToServer: false });
  app.on("second-instance", () => {
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
  });
  app.on("window-all-closed", () => app.quit());
  quitAfterSaving();
  void app.whenReady().then(open);
} else app.quit();
