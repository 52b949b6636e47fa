import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Locator, Page, WebSocket } from "playwright-core";
import { afterAll, inject } from "vitest";
import type { TestServer } from "../../../packages/client/test/support/server.ts";
import type { Person } from "../../../scripts/support/person.ts";
import { withEval } from "./firefox/firefox.ts";
import type { Device } from "./site.ts";
import { Site } from "./site.ts";

const STYLE =
  "parley-chat, parley-inbox { --parley-accent: rgb(1, 102, 3); height: 300px } ::part(header) { color: #123456 }";
/** The pages of the repository's example. */
const EXAMPLE = join(import.meta.dirname, "../../examples/embed");
const TYPES: Readonly<Record<string, string>> = { css: "text/css", js: "text/javascript", html: "text/html" };

/** A product that embeds the elements: a server of its own, with another origin. */
export class Product {
  readonly site: Site<TestServer>;
  readonly origin: string;

  private constructor(server: Server) {
    const address = server.address();
    this.origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
    this.site = Site.alone({ ALLOWED_ORIGINS: this.origin });
    afterAll(() => {
      server.close();
      server.closeAllConnections();
    });
  }

  /** Starts one for the tests of a file. */
  static async start(): Promise<Product> {
    const server = createServer(({ url = "/" }, response) => {
      const [path = "/"] = url.split("?");
      const [, name, type = ""] = /^\/example\/([a-z]+\.(css|js|html))$/.exec(path) ?? [];
      if (name) {
        const text = readFileSync(join(EXAMPLE, name), "utf8").replaceAll(
          "http://localhost:8787",
          product.site.origin,
        );
        response.setHeader("Content-Type", TYPES[type] ?? "").end(text);
      } else if (path === "/page.css") response.setHeader("Content-Type", "text/css").end(STYLE);
      else if (path !== "/") response.writeHead(204).end();
      else
        response
          .setHeader("Content-Type", "text/html")
          .setHeader("Content-Security-Policy", product.#policy)
          .end(
            `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><h1>Shop</h1><script type="module" src="${product.site.origin}/assets/embed.js"></script>`,
          );
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const product = new Product(server);
    return product;
  }

  /** What the page of a careful product may do. */
  get #policy(): string {
    const policy = this.#whole;
    return "firefox" in inject("browser") ? withEval(policy) : policy;
  }

  get #whole(): string {
    const server = `${this.site.origin} ${this.site.server.socketOrigin}`;
    return `default-src 'none'; script-src ${this.site.origin}; connect-src ${server}; style-src 'self'; img-src data: ${this.site.origin}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
  }

  /** Opens the page of the product, with an element for a user. */
  async embed(
    { token }: Pick<Person, "token">,
    attributes: Record<string, string>,
    { tag = "parley-chat", before, ...look }: Embedding = {},
  ): Promise<{ page: Page; sockets: WebSocket[] }> {
    const page = await (await this.site.device(look)).newPage();
    await before?.(page);
    const sockets: WebSocket[] = [];
    page.on("websocket", (socket) => sockets.push(socket));
    await page.goto(this.origin);
    await page.evaluate((name) => {
      for (const name of ["ready", "error", "unread", "message", "open"])
        document.addEventListener(`parley-${name}`, (event) => {
          const { count, code, message, conversation, thread } = Object(
            event instanceof CustomEvent && event.detail,
          );
          const detail = [count, code, message?.body.text, conversation, thread].filter(
            (one) => one !== undefined,
          );
          document.title += ` parley-${[name, ...detail].join("=")}`;
        });
      document.body.append(document.createElement(name));
    }, tag);
    await set(page, { ...attributes, token });
    return { page, sockets };
  }
}

/** How an element is embedded. */
interface Embedding extends Omit<Device, "person"> {
  tag?: "parley-chat" | "parley-inbox";
  /** prepares the page before it is loaded */
  before?: (page: Page) => Promise<void>;
}

/** Sets attributes of the element. */
export function set(page: Page, attributes: Record<string, string>): Promise<void> {
  return element(page).evaluate((one, all) => {
    for (const [name, value] of Object.entries(all)) one.setAttribute(name, value);
  }, attributes);
}

/** The element. */
export function element(page: Page): Locator {
  return page.locator("parley-chat, parley-inbox");
}

/** The field of a conversation. */
export function field(page: Page): Locator {
  return page.getByRole("textbox", { name: /^Message\b/ });
}

/** Writes a message and sends it. */
export async function send(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** What the stored messages say. */
export function texts(page: Page): Promise<string[]> {
  return page.locator("[data-seq] .text").allInnerTexts();
}

/**
 * The events that the element has told, in their order: `ready unread=1`.
 * @param names those that are wanted, without `parley-`; absent: all
 */
export async function events(page: Page, ...names: string[]): Promise<string> {
  const all = (await page.title()).split(" parley-").slice(1);
  return all.filter((one) => names.length === 0 || names.includes(one.split("=")[0] ?? "")).join(" ");
}
