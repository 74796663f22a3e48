/** @file What the page may know about the machine it is shown on. */
export const isMac = /mac/i.test(globalThis.navigator?.platform ?? "");
/** False in a browser, which keeps some keys for itself. */
export const isDesktop = "desktop" in globalThis;
