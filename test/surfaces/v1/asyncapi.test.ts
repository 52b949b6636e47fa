import { env } from "cloudflare:workers";
import { type Schema, Validator } from "@cfworker/json-schema";
import { expect, test } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { describeSockets } from "../../../src/surfaces/v1/openapi/asyncapi.ts";
import { describe } from "../../../src/surfaces/v1/openapi/document.ts";
import { call, register } from "../../support/clients/api.ts";
import { createGroup, sendAll } from "../../support/clients/chat.ts";
import { checkFrame, takeUndocumentedFrames } from "../../support/clients/documented/frames.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { wire } from "../../support/clients/wire.ts";

const document = describeSockets(describe(v1.router, "https://parley.test"));
const messages = Object.entries(document.components.messages);
const Payload = z.looseObject({ type: z.string() });

/** The frames, by name, of one side of a socket: those that are JSON. */
function framesOf(operation: string): string[] {
  const frames =
    document.operations[operation]?.messages.map(({ $ref }) => $ref.split("/").at(-1) ?? "") ?? [];
  return frames.filter((name) => name.endsWith("Frame"));
}

test("GET /asyncapi.json is the document, and names the address that was asked", async () => {
  expect((await call("GET", "/asyncapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
  expect(document.servers).toMatchObject({ server: { host: "parley.test", protocol: "wss" } });
  const elsewhere = await wire({ method: "GET", path: "/asyncapi.json", origin: "http://10.0.0.1:8787" });
  expect(elsewhere.body).toMatchObject({ servers: { server: { host: "10.0.0.1:8787", protocol: "ws" } } });
});

test("every reference of the document leads somewhere", () => {
  const text = JSON.stringify(document);
  const refs = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path));
  expect(refs.size).toBeGreaterThan(50);
  for (const path of refs) {
    let target: unknown = document;
    for (const key of path.split("/")) target = z.looseObject({}).parse(target)[key];
    expect(target, path).toBeDefined();
  }
});

test.each(messages)("the example of %s fits its schema", (_, { payload, examples }) => {
  const components = JSON.parse(
    JSON.stringify(document.components, (key, value) => (key === "examples" ? undefined : value)),
  );
  const schema: Schema = { ...payload, components };
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    const { valid, errors } = new Validator(schema, "7").validate(example.payload);
    expect(valid, `${JSON.stringify(example.payload)}: ${JSON.stringify(errors)}`).toBe(true);
  }
});

/** The example of a frame of a client, for a conversation that exists and has messages. */
function sendable(name: string, id: number, token: string): unknown {
  const example = document.components.messages[name]?.examples[0]?.payload;
  return JSON.parse(JSON.stringify(example), (key, value) => {
    if (key === "conversation_id") return id;
    if (key === "token") return token;
    return key === "seq" || key === "after" ? 1 : value;
  });
}

test("the server takes the example of each frame of a client", async () => {
  const ann = await register();
  // A frame is of bots alone.
  await env.DB.prepare("UPDATE users SET bot = 1 WHERE id = ?").bind(ann.user.id).run();
  const { id } = await createGroup(ann);
  await sendAll(ann, id, ["1", "2"]);
  const sides = [
    { operation: "receive-room-frames", socket: await openRoom(id, ann.token) },
    { operation: "receive-device-frames", socket: await openDevice(ann.token) },
  ];
  for (const { operation, socket } of sides) {
    const names = framesOf(operation);
    expect(names.length).toBeGreaterThanOrEqual(5);
    for (const name of names) {
      socket.send(sendable(name, id, ann.token));
      await socket.untilProcessed(id);
    }
    socket.send("ping");
    await socket.until(({ words }) => words.includes("pong"));
    // `untilProcessed` causes one error each.
    expect(socket.of("error").length, JSON.stringify(socket.of("error"))).toBe(names.length);
    expect(socket.acks.length).toBeGreaterThan(0);
  }
});

test("a frame of an unknown type, or with an unknown field, fails the test that receives it", () => {
  checkFrame("room", JSON.stringify({ type: "typing", conversation_id: 1, user_id: 2 }));
  expect(takeUndocumentedFrames()).toEqual([]);
  for (const frame of [
    { type: "news" },
    { type: "presence", user_id: 1, online: true },
    { type: "typing", conversation_id: 1, user_id: 2, since: 3 },
    { type: "typing", conversation_id: 1 },
    { type: "message", message: { seq: 1 } },
  ])
    checkFrame("room", JSON.stringify(frame));
  expect(takeUndocumentedFrames()).toHaveLength(5);
});

test("each side of a socket has one frame of each type", () => {
  for (const side of ["send-room-frames", "send-device-frames", "receive-room-frames"]) {
    const types = framesOf(side).map(
      (name) => Payload.parse(document.components.messages[name]?.examples[0]?.payload).type,
    );
    expect(types).toEqual([...new Set(types)]);
  }
});
