import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** the origin of the issuers of tests: a server of its own, in Node */
    issuerOrigin: string;
  }
}

/** What a path answers, and how often it was asked. */
interface Place {
  body: string;
  how: string;
  asked: number;
}

/**
 * Serves the key sets of issuers. A test puts what a path answers: the body, and in `X-How` whether the path
 * answers it (`keys`), or else `hang`, `hang_in_body`, `redirect`, or a status. `GET …?asked` counts.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  const places = new Map<string, Place>();
  const server = createServer((request, response) => void answer(places, request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the issuer has no port");
  project.provide("issuerOrigin", `http://127.0.0.1:${address.port}`);
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

async function answer(places: Map<string, Place>, request: IncomingMessage, response: ServerResponse) {
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
  if (request.method === "PUT") {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const asked = places.get(pathname)?.asked ?? 0;
    const how = String(request.headers["x-how"] ?? "keys");
    places.set(pathname, { body: Buffer.concat(chunks).toString(), how, asked });
    response.end();
    return;
  }
  const place = places.get(pathname);
  if (!place || search === "?asked") {
    response.end(String(place?.asked ?? 0));
    return;
  }
  place.asked++;
  const { how, body } = place;
  if (how === "hang") return;
  if (how === "hang_in_body") {
    response.write(body.slice(0, 10));
    return;
  }
  if (how === "redirect") response.writeHead(302, { Location: `${pathname}-elsewhere` }).end();
  else if (how === "keys") response.end(body);
  else response.writeHead(Number(how)).end(body);
}
