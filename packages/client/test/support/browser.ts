import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { build } from "esbuild";
import { type BrowserContext, type Browser as Chromium, chromium, type Page } from "playwright-core";
import { chromiumPath } from "../../scripts/chromium.ts";
import { freePort } from "./server.ts";

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>';
/** Containers run tests as root, whom Chromium's sandbox refuses. */
const ARGS = ["--no-sandbox"];

/** A Chromium, and a site whose page runs a module of the tests. */
export class Browser implements AsyncDisposable {
  readonly #path: string;
  readonly #chromium: Chromium;
  readonly #site: Server;
  readonly #url: string;

  private constructor(path: string, started: Chromium, site: Server, url: string) {
    this.#path = path;
    this.#chromium = started;
    this.#site = site;
    this.#url = url;
  }

  /**
   * Starts a browser.
   * @param module the path of what each page runs, bundled with the client as it is in packages/client/src/
   * @throws an Error if this machine has no Chromium
   */
  static async start(module: string): Promise<Browser> {
    const executablePath = chromiumPath();
    if (executablePath === undefined) throw new Error("there is no Chromium on this machine");
    const { outputFiles } = await build({
      entryPoints: [module],
      bundle: true,
      format: "esm",
      target: "es2022",
      sourcemap: "inline",
      write: false,
    });
    const script = outputFiles.map(({ text }) => text).join("");
    const site = createServer(({ url }, response) => {
      const isScript = url === "/page.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? script : PAGE);
    });
    const port = await freePort();
    site.listen(port, "127.0.0.1");
    await once(site, "listening");
    const started = await chromium.launch({ executablePath, args: ARGS });
    return new Browser(executablePath, started, site, `http://127.0.0.1:${port}`);
  }

  /** Storage and locks of its own, in memory, as a private window has. */
  profile(): Promise<BrowserContext> {
    return this.#chromium.newContext();
  }

  /** The same in a folder, as another person's browser has. Close it before the folder is removed. */
  profileOnDisk(folder: string): Promise<BrowserContext> {
    return chromium.launchPersistentContext(folder, { executablePath: this.#path, args: ARGS });
  }

  /** Opens a tab of a profile. Resolves once its module has run. */
  async tab(profile: BrowserContext): Promise<Page> {
    const page = await profile.newPage();
    await page.goto(this.#url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chromium.close();
    this.#site.close();
  }
}
