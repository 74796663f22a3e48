/** @file `app://callsmith`: the built page under a scheme of its own, confined to the page's folder, with the one CSP. */
import { net, protocol } from "electron";
import { normalize, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { CSP } from "#contracts/csp.ts";

const HOST = "callsmith";
export const APP_ORIGIN = `app://${HOST}`;
export const PAGE_URL = `${APP_ORIGIN}/index.html`;

/** Must run before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** `scheme://host` of a URL; `URL.origin` is the text "null" for schemes the web does not know. */
export function originOf(url: string): string {
  try {
    const { protocol: scheme, host } = new URL(url);
    return `${scheme}//${host}`;
  } catch {
    return "";
  }
}

/** The file a request names, or undefined where it is not one of the page's. */
export function fileOfRequest(rendererDir: string, requestUrl: string): string | undefined {
  try {
    const url = new URL(requestUrl);
    const file = normalize(join(rendererDir, decodeURIComponent(url.pathname)));
    return url.host === HOST && file.startsWith(normalize(rendererDir) + sep) ? file : undefined;
  } catch {
    return undefined;
  }
}

export function serveAppScheme(rendererDir: string): void {
  protocol.handle("app", async (request) => {
    const file = fileOfRequest(rendererDir, request.url);
    if (file === undefined) return new Response("not found", { status: 404 });
    const found = await net.fetch(pathToFileURL(file).toString());
    const headers = new Headers(found.headers);
    headers.set("content-security-policy", CSP);
    headers.set("x-content-type-options", "nosniff");
    return new Response(found.body, { status: found.status, headers });
  });
}
