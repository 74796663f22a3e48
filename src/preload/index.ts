/** @file The bridge to the page: functions only, over the channels of `contracts/desktop.ts`. */
import { contextBridge, ipcRenderer } from "electron";
import { CHANNELS, CORE_PORT_MESSAGE, type DesktopApi } from "#contracts/desktop.ts";

const desktop: DesktopApi = {
  apiVersion: 1,
  platform: process.platform,
  connectCore: () => ipcRenderer.send(CHANNELS.connectCore),
  openPaths: (options) => ipcRenderer.invoke(CHANNELS.openPaths, options),
  setProgress: (fraction) => ipcRenderer.invoke(CHANNELS.setProgress, fraction),
  setMenuKeys: (keys) => ipcRenderer.invoke(CHANNELS.menuKeys, keys),
  onMenu: (listener) => {
    const relay = (_event: unknown, command: string): void => listener(command);
    ipcRenderer.on(CHANNELS.menu, relay);
    return () => ipcRenderer.off(CHANNELS.menu, relay);
  },
};
contextBridge.exposeInMainWorld("desktop", desktop);

// A MessagePort cannot cross the context bridge; it crosses as a transferable of window.postMessage.
ipcRenderer.on(CHANNELS.corePort, (event) => window.postMessage(CORE_PORT_MESSAGE, window.location.origin, event.ports));
