import { afterAll, beforeAll, expect, test } from "vitest";
import { TestServer } from "./support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

test("a killed server comes back on the same port with what it had acknowledged", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
  const { seq } = await ann.send(id, "Before the power cut");
  await server.kill();
  await expect(fetch(server.origin)).rejects.toThrow();
  await server.restart();
  expect(await bob.history(id)).toMatchObject([{ seq, body: { text: "Before the power cut" } }]);
});
