import { Buffer } from "node:buffer";
import { inject } from "vitest";
import type { PageAnswer } from "./server.ts";

type Answer = Omit<PageAnswer, "body"> & { body?: string | Uint8Array };

/** A page of somebody else at an address of its own. */
export class Page {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  /** Serves a page of HTML. */
  static html(head: string, more: Answer = {}): Promise<Page> {
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    return Page.of({ headers, body: `<!doctype html><html><head>${head}</head><body>…`, ...more });
  }

  /** Serves anything. */
  static async of({ body = "", ...answer }: Answer, name = ""): Promise<Page> {
    const page = new Page(`${inject("pageOrigin")}/${crypto.randomUUID()}${name}`);
    const sent = { ...answer, body: Buffer.from(body).toString("base64") };
    await fetch(page.url, { method: "PUT", body: JSON.stringify(sent) });
    return page;
  }

  /** How often it was asked for. */
  async asked(): Promise<number> {
    return Number(await (await fetch(this.url, { method: "POST" })).text());
  }
}
