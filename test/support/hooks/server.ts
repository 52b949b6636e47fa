import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** the origin of the receivers of hooks: a server of its own, in Node */
    hookOrigin: string;
  }
}

/** A receiver: what it was called with, how it answers next, and who waits for further calls. */
interface Place {
  calls: { headers: Record<string, string>; body: string; status: number | "hang" }[];
  /** the next answers, each a status, or `hang`, and perhaps a body; after the last one the rest are 204 */
  answers: string[];
  waiting: (() => void)[];
  /** the calls that have no answer yet */
  hung: ServerResponse[];
}

/**
 * Receives hooks. `PUT` to a path sets how its next calls are answered, a line each: `204`, `hang`, `200 {}`.
 * `PATCH` answers those that hang with a status. `GET …?from=n` resolves with the calls from the n-th on,
 * once there is one.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  const places = new Map<string, Place>();
  const server = createServer((request, response) => void answer(places, request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the receiver has no port");
  project.provide("hookOrigin", `http://127.0.0.1:${address.port}`);
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

async function answer(places: Map<string, Place>, request: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const place = places.get(pathname) ?? { calls: [], answers: [], waiting: [], hung: [] };
  places.set(pathname, place);
  if (request.method === "GET") {
    const from = Number(searchParams.get("from"));
    const send = () => void response.end(JSON.stringify(place.calls.slice(from)));
    if (place.calls.length > from || !searchParams.has("wait")) send();
    else place.waiting.push(send);
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  // What is encrypted is no text.
  const isBinary = request.headers["content-type"] === "application/octet-stream";
  const body = Buffer.concat(chunks).toString(isBinary ? "base64" : "utf8");
  if (request.method === "PUT") {
    place.answers = body === "" ? [] : body.split("\n");
    response.end();
    return;
  }
  if (request.method === "PATCH") {
    for (const one of place.hung.splice(0)) one.writeHead(Number(body)).end();
    response.end();
    return;
  }
  const [, how = "204", said = ""] = /^(\w+) ?(.*)$/.exec(place.answers.shift() ?? "204") ?? [];
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  place.calls.push({ headers, body, status: how === "hang" ? how : Number(how) });
  for (const resolve of place.waiting.splice(0)) resolve();
  if (how === "hang") return void place.hung.push(response);
  if (how === "302") response.writeHead(302, { Location: `${pathname}-elsewhere` }).end();
  else response.writeHead(Number(how)).end(said);
}
