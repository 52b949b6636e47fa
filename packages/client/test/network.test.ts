import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { Network } from "./support/network.ts";
import { freePort } from "./support/server.ts";

/** A network to a server that answers each request with "here". */
async function network(): Promise<Network> {
  const server = createServer((_, response) => response.end("here"));
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const between = await Network.to(`http://127.0.0.1:${port}`);
  onTestFinished(async () => {
    await between[Symbol.asyncDispose]();
    server.close();
  });
  return between;
}

const ask = async ({ origin }: Network) => (await fetch(origin)).text();

test("a network that is down refuses, and passes again once it is up", async () => {
  const between = await network();
  expect(await ask(between)).toBe("here");
  await between.down();
  await expect(ask(between)).rejects.toThrow();
  await between.up();
  expect(await ask(between)).toBe("here");
});

test("a cut ends what is open; what waits in a silent network gets its answer later", async () => {
  const between = await network();
  between.silence();
  const lost = ask(between);
  await expect.poll(() => between.connections).toBe(1);
  between.cut();
  await expect(lost).rejects.toThrow();
  const late = ask(between);
  await expect.poll(() => between.connections).toBe(1);
  await between.up();
  expect(await late).toBe("here");
});
