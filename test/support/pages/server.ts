import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestProject } from "vitest/node";
import { z } from "zod";

declare module "vitest" {
  interface ProvidedContext {
    /** the origin of the pages that messages link to: a server of its own, in Node */
    pageOrigin: string;
  }
}

/** How a page is answered. */
const Page = z.object({
  status: z.int().default(200),
  headers: z.record(z.string(), z.string()).default({}),
  /** in base64 */
  body: z.string().default(""),
  /** the body, so often */
  times: z.int().default(1),
  /** there is no answer, or its body does not end */
  hangs: z.boolean().default(false),
});
export type PageAnswer = z.input<typeof Page>;

/** Serves pages. `PUT` to a path sets its page, `POST` answers how often it was asked for. */
export default async function setup(project: TestProject): Promise<() => void> {
  const pages = new Map<string, z.infer<typeof Page>>();
  const asked = new Map<string, number>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the pages have no port");
  project.provide("pageOrigin", `http://127.0.0.1:${address.port}`);
  return () => {
    server.closeAllConnections();
    server.close();
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = request.url ?? "";
    if (request.method === "POST") return void response.end(String(asked.get(path) ?? 0));
    if (request.method === "PUT") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      pages.set(path, Page.parse(JSON.parse(Buffer.concat(chunks).toString())));
      return void response.end();
    }
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const page = pages.get(path);
    if (!page) return void response.writeHead(404).end();
    const body = Buffer.from(page.body, "base64");
    if (page.hangs && body.length === 0) return;
    response.writeHead(page.status, page.headers);
    for (let i = 0; i < page.times && !response.destroyed; i++)
      if (!response.write(body))
        await new Promise<void>((resolve) => void response.once("drain", resolve).once("close", resolve));
    if (!page.hangs) response.end();
  }
}
