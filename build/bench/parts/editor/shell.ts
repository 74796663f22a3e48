/** @file The built web shell as a process of its own, and a browser that opens it, for measuring. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium, type Browser, type Page } from "@playwright/test";
import { installStopwatch, type Stopwatch, type Watched } from "./stopwatch.ts";

const root = resolve(import.meta.dirname, "../../../..");
const PATHS = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

export interface Shell {
  readonly browser: Browser;
  readonly browserVersion: string;
  /** A page that nothing is cached for; resolves once it shows rows, with how long that took. */
  open(hash?: string, profile?: string): Promise<{ readonly page: MeasuredPage; readonly ms: number }>;
  /** The most memory that the core and the largest page have held so far; null where the system does not say. */
  peakBytes(): Promise<{ readonly core: number | null; readonly page: number | null }>;
  close(): Promise<void>;
}

export interface MeasuredPage {
  readonly page: Page;
  /** Asks the page's side. */
  ask<T>(question: (stopwatch: Stopwatch) => T | Promise<T>): Promise<T>;
  /** Milliseconds from an input, given by `act`, to what it leads to. */
  time(event: Parameters<Stopwatch["set"]>[0], wanted: Parameters<Stopwatch["set"]>[1], act: () => Promise<void>): Promise<number>;
  /** Milliseconds from an address, entered, to what it shows. */
  follow(hash: string, wanted: Parameters<Stopwatch["set"]>[1]): Promise<number>;
  /** Ends its process, whose memory is noted before. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;

export async function openShell(workspace: string): Promise<Shell> {
  const server = spawn(process.execPath, [join(root, "out/main/serve.js"), "--workspace", workspace], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await addressOf(server.stdout);
  const executablePath = PATHS.find((path) => path !== undefined && existsSync(path));
  const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ARGS });
  const control = await browser.newBrowserCDPSession();
  let largestPage = 0;
  const notePages = async (): Promise<void> => {
    const { processInfo } = await control.send("SystemInfo.getProcessInfo");
    largestPage = Math.max(largestPage, ...processInfo.flatMap(({ type, id }) => (type === "renderer" ? [peakOf(id) ?? 0] : [])));
  };
  return {
    browser,
    browserVersion: browser.version(),
    async open(hash = "", profile = "bench") {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      page.setDefaultTimeout(TIMEOUT_MS);
      await page.addInitScript(installStopwatch);
      await page.addInitScript((name) => localStorage.setItem("callsmith.settings", JSON.stringify({ profile: name })), profile);
      await page.goto(url + hash);
      const measured = measuredPage(page, notePages);
      return { page: measured, ms: await measured.ask((stopwatch) => stopwatch.firstRows) };
    },
    async peakBytes() {
      await notePages();
      return { core: peakOf(server.pid!), page: largestPage || null };
    },
    async close() {
      await browser.close();
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    },
  };
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error("the web shell ended before it printed its address");
}

function measuredPage(page: Page, beforeEnd: () => Promise<void>): MeasuredPage {
  const inTime = <T>(answer: Promise<T>): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the page did not show what was waited for within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  };
  const ask = <T>(question: (stopwatch: Stopwatch) => T | Promise<T>): Promise<T> =>
    inTime(page.evaluate(`(${question.toString()})(stopwatch)`) as Promise<T>);
  return {
    page,
    ask,
    async time(event, wanted, act) {
      await page.evaluate(([kind, what]) => (globalThis as Watched).stopwatch.set(kind, what), [event, wanted] as const);
      await act();
      return ask((stopwatch) => stopwatch.read());
    },
    follow: (hash, wanted) =>
      inTime(page.evaluate(([to, what]) => (globalThis as Watched).stopwatch.follow(to, what), [hash, wanted] as const)),
    async close() {
      await beforeEnd();
      await page.context().close();
    },
  };
}

/** The most memory a process has held, as Linux counts it. */
function peakOf(pid: number): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
