import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import { Server, TestServer } from "../../../packages/client/test/support/server.ts";
import type { Person } from "../../../scripts/support/person.ts";
import { newVapidKeys } from "../../../scripts/support/vapid.ts";
import { type FoundChromium, launch } from "./chromium.ts";
import { allowEval, launchFirefox } from "./firefox/firefox.ts";
import { watchProblems } from "./problems.ts";

/** How long, in ms, a page may take for a step. Only one that never gets there takes so long. */
const PATIENCE = 60_000;

/** The settings of servers with the page, which comes from their own origin. */
export const SETTINGS = { ALLOWED_ORIGINS: "", SPACES_DIRECTORY: "on", ...newVapidKeys() };

/** The size of a page on a phone, and of one on a computer, in CSS pixels. */
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

/** A browser that a user has in front of them. */
export interface Device {
  /** who is signed in; absent: nobody */
  person?: Person;
  /** where the page is; absent: at the server. A `Network` has an origin of its own */
  origin?: string;
  viewport?: { width: number; height: number };
  language?: "en-US" | "zh-CN";
  theme?: "light" | "dark";
  /** whether it has a touch screen */
  hasTouch?: boolean;
  /** the part of the address behind `#` */
  hash?: string;
  /**
   * whether the page may have its service worker, which loads all of the page's files once more for each
   * device; absent: it may not
   */
  hasServiceWorker?: boolean;
}

/** A browser that can be started, as plain data: a Chromium, or the path of a Firefox. */
export type FoundBrowser = FoundChromium | { readonly firefox: string };

/**
 * Runs in a page: frames come late, as on a busy machine. So does each effect of Preact that is no layout
 * effect. What takes a key or the focus a frame late then always loses it.
 * @param ms how late
 */
function delayFrames(ms: number): void {
  const draw = requestAnimationFrame;
  const due = new Map<number, FrameRequestCallback>();
  let last = 0;
  window.requestAnimationFrame = (callback) => {
    const id = ++last;
    due.set(id, callback);
    setTimeout(() => draw((now) => due.get(id)?.(now)), ms);
    return id;
  };
  window.cancelAnimationFrame = (id) => due.delete(id);
}

function start(found: FoundBrowser): Promise<Browser> {
  return "firefox" in found ? launchFirefox(found.firefox) : launch(found);
}

/** The browser of all test files of this process, which ends with it. */
let browser: Promise<Browser> | undefined;

/** A server with the page, and a browser, for the tests of a file. */
export class Site<Has extends Server = Server> {
  #server: Has | undefined;
  #browser: Browser | undefined;

  private constructor(begin: () => Promise<Has> | Has, found?: FoundBrowser) {
    beforeAll(async () => {
      const started = begin();
      if (!found) browser ??= start(inject("browser"));
      this.#browser = await (found ? start(found) : browser);
      this.#server = await started;
    });
  }

  /** A site on the server that the files share. */
  static forFile(): Site {
    return new Site(() => Server.shared());
  }

  /**
   * A site whose server no other file uses. It starts before the tests of the file, and ends after them.
   * @param settings replace those of the shared server
   */
  static alone(settings: Record<string, string> = {}): Site<TestServer> {
    const site = new Site(() => TestServer.start({ ...SETTINGS, ...settings }, inject("webAssets")));
    afterAll(() => site.#server?.[Symbol.asyncDispose]());
    return site;
  }

  /** A site in the Firefox at a path, whatever the browser of the run, for the tests of a file. */
  static inFirefox(path: string): Site<TestServer> {
    const assets = mkdtempSync(join(tmpdir(), "parley-firefox-page-"));
    const begin = () => {
      cpSync(inject("webAssets"), assets, { recursive: true });
      allowEval(assets);
      return TestServer.start(SETTINGS, assets);
    };
    const site = new Site(begin, { firefox: path });
    afterAll(async () => {
      await site.#browser?.close();
      await site.#server?.[Symbol.asyncDispose]();
      rmSync(assets, { recursive: true, force: true });
    });
    return site;
  }

  get server(): Has {
    if (!this.#server) throw new Error("the site is not started");
    return this.#server;
  }

  get origin(): string {
    return this.server.origin;
  }

  /** Registers a user, who is called like this, and a number. */
  person(name: string): Promise<Person> {
    return this.server.person(name);
  }

  /** Registers two users, the first of whom opens their direct conversation. @returns them and its id */
  direct(opener: string, peer: string): Promise<[Person, Person, number]> {
    return this.server.direct(opener, peer);
  }

  /** The same with a group, which the first of them owns. */
  group(name: string, owner: string, member: string): Promise<[Person, Person, number]> {
    return this.server.group(name, owner, member);
  }

  /** A browser with storage of its own, which ends with the test. */
  async device(device: Device = {}): Promise<BrowserContext> {
    const context = await this.context(device);
    onTestFinished(() => context.close());
    watchProblems(context);
    return context;
  }

  /** A browser with storage of its own, which the caller closes. */
  async context({ person, origin = this.origin, ...look }: Device = {}): Promise<BrowserContext> {
    if (!this.#browser) throw new Error("the site is not started");
    // As the page keeps it: web/src/state/session.ts.
    const session = person && JSON.stringify({ userId: person.user.id, token: person.token });
    const localStorage = session === undefined ? [] : [{ name: "parley:session", value: session }];
    const context = await this.#browser.newContext({
      viewport: look.viewport ?? DESKTOP,
      locale: look.language ?? "en-US",
      colorScheme: look.theme ?? "light",
      reducedMotion: "reduce",
      hasTouch: look.hasTouch ?? false,
      serviceWorkers: look.hasServiceWorker ? "allow" : "block",
      storageState: { cookies: [], origins: [{ origin, localStorage }] },
    });
    context.setDefaultTimeout(PATIENCE);
    if (process.env.SLOW_FRAMES) await context.addInitScript(delayFrames, Number(process.env.SLOW_FRAMES));
    return context;
  }

  /** Opens the page in a browser of its own. The test fails if the page logs an error. */
  async open(device: Device = {}): Promise<Page> {
    const page = await (await this.device(device)).newPage();
    await page.goto(`${device.origin ?? this.origin}/${device.hash ?? ""}`);
    return page;
  }
}
