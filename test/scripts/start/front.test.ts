import { once } from "node:events";
import { createServer, request } from "node:http";
import { request as https } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Front, type FrontOptions } from "../../../scripts/start/front.ts";
import { TLS } from "./certificate.ts";

const Seen = z.object({ who: z.string(), path: z.string(), headers: z.record(z.string(), z.string()) });

/** A front before a server that answers what it was asked. */
async function front(options: Partial<FrontOptions> = {}, hasRuntime = true): Promise<string> {
  const [worker, page] = [await echo("worker"), await echo("page")];
  const made = new Front({ port: 0, host: "127.0.0.1", proxies: [], ...options });
  if (hasRuntime) made.passTo({ worker, page, pageNames: new Set(["", "index", "docs", "assets"]) });
  onTestFinished(() => made.end());
  return `http://127.0.0.1:${await made.listen()}`;
}

/** A server that answers what it was asked. @returns its port */
async function echo(who: string): Promise<number> {
  const server = createServer(({ url, headers }, answer) =>
    answer.end(JSON.stringify({ who, path: url, headers })),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return z.custom<AddressInfo>().parse(server.address()).port;
}

/** Asks with a path as it is written, and headers that no browser lets a page set. */
function ask(origin: string, path: string, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(origin);
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request({ hostname, port, path, headers }, async (answer) => {
      let text = "";
      for await (const part of answer.setEncoding("utf8")) text += part;
      resolve({ status: answer.statusCode ?? 0, text });
    });
    asked.once("error", reject).end();
  });
}

const FORGED = {
  "CF-Connecting-IP": "203.0.113.1",
  "MF-CF-Blob": '{"clientIp":"203.0.113.2:1"}',
  "MF-Route-Override": "other",
  "X-Mf-Additional-Response-Log": "x",
  "X-Forwarded-For": "203.0.113.3",
  "X-Forwarded-Proto": "https",
  Forwarded: "for=203.0.113.4",
};

test("nobody but a proxy that is named says where a request is from", async () => {
  const open = Seen.parse(JSON.parse((await ask(await front(), "/x?y=1", FORGED)).text));
  expect(open.path).toBe("/x?y=1");
  expect(Seen.parse(JSON.parse((await ask(await front(), "/readyz")).text)).path).toBe("/healthz");
  expect(open.headers["cf-connecting-ip"]).toBe("127.0.0.1");
  expect(open.headers["x-forwarded-proto"]).toBe("http");
  expect(JSON.stringify(open.headers)).not.toMatch(/203\.0\.113|route-override|additional/);

  const behind = await front({ proxies: ["127.0.0.1", "10.0.0.0/8"] });
  for (const [named, address] of [
    ["198.51.100.7", "198.51.100.7"],
    ["198.51.100.7, 10.1.2.3", "198.51.100.7"],
    ["203.0.113.9, 198.51.100.7", "198.51.100.7"],
    ["2001:db8::7", "2001:db8::7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["nonsense", "127.0.0.1"],
    ["", "127.0.0.1"],
  ] as const) {
    const asked = await ask(behind, "/", { ...FORGED, "X-Forwarded-For": named });
    const { headers } = Seen.parse(JSON.parse(asked.text));
    expect([named, headers["cf-connecting-ip"], headers["x-forwarded-proto"]]).toEqual([
      named,
      address,
      "https",
    ]);
  }
});

test("with a certificate it speaks https, and the server knows it", async () => {
  const { port } = new URL(await front({ tls: TLS }));
  const asked = https({ host: "localhost", port, path: "/", ca: TLS.cert }).end();
  const [answer] = await once(asked, "response");
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  expect(Seen.parse(JSON.parse(text)).headers).toMatchObject({ "x-forwarded-proto": "https" });
});

test("only what may be a file of the page is asked where the runtime has paths of its own", async () => {
  const origin = await front();
  const whoFor = async (path: string) => Seen.parse(JSON.parse((await ask(origin, path)).text)).who;
  for (const path of ["/", "/?a=/v1/x", "/docs", "/docs.html?a", "/docs/a", "/assets/a.js", "/index.html"])
    expect([path, await whoFor(path)]).toEqual([path, "page"]);
  for (const path of [
    ...["/v1/conversations", "/documents", "/docs.htm", "/x/docs"],
    "/cdn-cgi/local/scheduled",
    "/./cdn-cgi/local/platform-proxy",
    "/docs/../cdn-cgi/x",
    "/docs/%2e%2e/cdn-cgi/x",
    "http://elsewhere/cdn-cgi/local/explorer",
    "/__cf_local/stream/x",
    "/\\../cdn-cgi/local/email",
  ])
    expect([path, await whoFor(path)]).toEqual([path, "worker"]);
});

test("until the runtime is there, the answer is 503 and says when to come back", async () => {
  const origin = await front({}, false);
  const answer = await fetch(`${origin}/readyz`);
  expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "1"]);
  expect(await answer.json()).toMatchObject({ code: "unavailable" });
});

test("a client that reads nothing holds no stop up", async () => {
  const inner = createServer().listen(0, "127.0.0.1");
  await once(inner, "listening");
  const flood = Buffer.alloc(2 ** 20);
  inner.on("upgrade", (_, socket: Socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    // More than the buffers between the two hold.
    for (let i = 0; i < 64; i++) socket.write(flood);
  });
  onTestFinished(() => {
    inner.close();
  });
  const { port } = z.custom<AddressInfo>().parse(inner.address());
  const made = new Front({ port: 0, host: "127.0.0.1", proxies: [], drain: 300 });
  made.passTo({ worker: port, page: port, pageNames: new Set() });
  const client = connect(await made.listen(), "127.0.0.1");
  onTestFinished(() => {
    client.destroy();
  });
  client.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  await once(client, "readable");
  await made.end();
});
