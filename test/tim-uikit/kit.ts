import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BrowserContext, Page } from "playwright-core";
import { preview } from "vite";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { wasTakenAway } from "../../packages/client/test/support/outages.ts";
import { freePort, type TestServer } from "../../packages/client/test/support/server.ts";
import type { Person } from "../../scripts/support/person.ts";
import type {} from "../../web/test/support/setup.ts";
import { type Device, Site } from "../../web/test/support/site.ts";

/** How long, in ms, a page may take for a step, so that a test names the step that it hangs at. */
const PATIENCE = 20_000;
/** What a call of parley-tim rejects with when there is no server. The kit does not catch it everywhere. */
const UNREACHABLE = "ChatError: The server cannot be reached.";

/** A user before a page that shows the kit. */
export interface Seat {
  person: Person;
  name: string;
  page: Page;
}

/** The apps of the kits, by their folders, with what shows that there is a list. */
const APPS = { app: ".tui-conversation-list", "react-app": "[class*=conversationListContent]" } as const;
type App = keyof typeof APPS;

/** An app of another origin than the server's: one of Tencent's UI kits on parley-tim, and nothing else. */
export class Kit {
  readonly site: Site<TestServer>;
  readonly #app: App;
  readonly #origin: string;
  readonly #contexts: BrowserContext[] = [];
  /** the errors of all pages in the test that runs */
  #thrown: string[] = [];

  private constructor(app: App, origin: string) {
    this.#app = app;
    this.#origin = origin;
    this.site = Site.alone({ ALLOWED_ORIGINS: origin });
    beforeEach(({ onTestFinished, onTestFailed }) => {
      onTestFinished(() => expect(this.#thrown.splice(0), "errors of the kit").toEqual([]));
      // A test that has failed may have left anything on the pages.
      onTestFailed(async () => {
        await Promise.all(this.#pages().map((page) => page.reload()));
      });
    });
  }

  /** Builds the app for the tests of a file, and serves it. */
  static async start(app: App = "app"): Promise<Kit> {
    const folder = mkdtempSync(join(tmpdir(), "parley-uikit-"));
    const build = [join(import.meta.dirname, "build.ts"), app, folder];
    // For other environments Vue and React are slower.
    const env = { ...process.env, NODE_ENV: "production" };
    const ready = promisify(execFile)(process.execPath, build, { env });
    const port = await freePort();
    const server = await preview({
      configFile: false,
      build: { outDir: folder },
      preview: { host: "127.0.0.1", port, strictPort: true },
      logLevel: "error",
    });
    const kit = new Kit(app, `http://127.0.0.1:${port}`);
    beforeAll(() => ready);
    afterAll(async () => {
      await Promise.all(kit.#contexts.map((context) => context.close()));
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return kit;
  }

  /** Registers a user, and shows them the kit until the tests of the file are over. */
  async seat(name: string, look: Omit<Device, "person"> = {}): Promise<Seat> {
    const person = await this.site.person(name);
    return { person, name: person.user.username, page: await this.open(person, look) };
  }

  /** The same for a user who is there. Resolves once there is a list. */
  async open({ user, token }: Person, look: Omit<Device, "person"> = {}): Promise<Page> {
    const context = await this.site.context(look);
    this.#contexts.push(context);
    context.setDefaultTimeout(PATIENCE);
    // The kit has its pictures on hosts of Tencent's, which tests do not call.
    await context.route(
      ({ hostname }) => hostname !== "127.0.0.1",
      (route) => route.abort(),
    );
    context.on("weberror", (error) => {
      // At each start the kit rejects with objects of its own: it looks for a conversation too soon.
      const { stack } = error.error();
      const isOutage = stack?.includes(UNREACHABLE) && wasTakenAway(this.site.origin);
      if (stack && !isOutage) this.#thrown.push(stack);
    });
    const page = await context.newPage();
    await page.goto(`${this.#origin}/#${this.site.origin},${user.username},${token}`);
    await page.locator(APPS[this.#app]).first().waitFor();
    return page;
  }

  #pages(): Page[] {
    return this.#contexts.flatMap((context) => context.pages());
  }
}
