import type { DesktopApi } from "#contracts/desktop.ts";

declare global {
  interface Window {
    /** Only in the desktop shell. */
    readonly desktop?: DesktopApi;
  }
}
