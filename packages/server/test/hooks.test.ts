import { once } from "node:events";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { expect, inject, test } from "vitest";
import { HookError, type HookEvent, Parley, verifyHook } from "../src/index.ts";

const parley = new Parley({ url: inject("parleyOrigin"), key: inject("parleyKey") });
const SECRET = `whsec_${btoa("a secret of a hook in these tests")}`;
const OTHER = `whsec_${btoa("another secret of a hook in tests")}`;
const BODY = JSON.stringify({ type: "test", timestamp: "2026-11-26T10:00:00.000Z", data: { text: "é" } });

function signed(body = BODY, { at = new Date(), secrets = [SECRET], id = "msg_1" } = {}) {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body));
  return {
    "webhook-id": id,
    "webhook-timestamp": `${Math.floor(at.getTime() / 1_000)}`,
    "webhook-signature": signatures.join(" "),
  };
}

async function refusal(...[request, secret]: Parameters<typeof verifyHook>): Promise<string> {
  const error = await verifyHook(request, secret).catch((reason: unknown) => reason);
  return error instanceof HookError ? error.code : `no refusal: ${error}`;
}

test("a call that the library of Standard Webhooks has signed is verified, in each form of a request", async () => {
  const headers = signed();
  const forms = [
    new Request("https://backend.example/parley", { method: "POST", headers, body: BODY }),
    { headers, body: BODY },
    { headers: new Headers(headers), body: new TextEncoder().encode(BODY) },
    { headers: { "Webhook-Id": [headers["webhook-id"]], ...headers }, body: Buffer.from(BODY) },
  ];
  for (const form of forms)
    expect(await verifyHook(form, SECRET)).toEqual({ ...JSON.parse(BODY), id: "msg_1" });
  const twice = signed(BODY, { secrets: [OTHER, SECRET] });
  expect((await verifyHook({ headers: twice, body: BODY }, SECRET)).type).toBe("test");
  expect((await verifyHook({ headers, body: BODY }, [OTHER, SECRET])).type).toBe("test");
  const ahead = signed(BODY, { at: new Date(Date.now() + 290_000) });
  expect((await verifyHook({ headers: ahead, body: BODY }, SECRET)).type).toBe("test");
});

test("a call that is changed, old, incomplete or signed by another secret is refused", async () => {
  const headers = signed();
  const body = BODY;
  expect(await refusal({ headers, body: `${body} ` }, SECRET)).toBe("signature");
  expect(await refusal({ headers, body: body.slice(0, 20) }, SECRET)).toBe("signature");
  expect(await refusal({ headers, body }, OTHER)).toBe("signature");
  expect(await refusal({ headers, body }, [])).toBe("signature");
  expect(await refusal({ headers: { ...headers, "webhook-id": "msg_2" }, body }, SECRET)).toBe("signature");
  const signature = headers["webhook-signature"];
  // A signature of another version is not read as one of v1.
  for (const wrong of ["v1,", "v1,no base64!", signature.replace("v1,", "v2,"), signature.slice(0, -4)]) {
    const odd = { ...headers, "webhook-signature": wrong };
    expect(await refusal({ headers: odd, body }, SECRET)).toBe("signature");
  }
  for (const away of [-310_000, 310_000]) {
    const old = signed(body, { at: new Date(Date.now() + away) });
    expect(await refusal({ headers: old, body }, SECRET)).toBe("timestamp");
  }
  for (const wrong of ["now", "", "Infinity", "1e9", "-1"]) {
    const odd = { ...headers, "webhook-timestamp": wrong };
    expect(await refusal({ headers: odd, body }, SECRET)).toBe(wrong === "" ? "headers" : "timestamp");
  }
  expect(await refusal({ headers: {}, body }, SECRET)).toBe("headers");
  expect(await refusal({ headers: Object.create(headers), body }, SECRET)).toBe("headers");
  await expect(verifyHook({ headers, body }, "whsec_")).rejects.toThrow(TypeError);
  await expect(verifyHook({ headers, body }, "whsec_not base64!")).rejects.toThrow(TypeError);
});

test("a hook of a server tells of a message, is listed, changed, tried, rotated and deleted", async () => {
  const told: HookEvent[] = [];
  const secrets: string[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    told.push(await verifyHook({ headers: request.headers, body: Buffer.concat(chunks) }, secrets));
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const address = receiver.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const started = new Date();
  const members = ["ext:hook-ann", "ext:hook-ben"] as const;
  const { id } = await parley.conversations.put("ext:hooked", { members: [...members] });
  const hook = await parley.hooks.create({
    url: `http://localhost:${port}/`,
    events: ["message.created"],
    conversations: ["ext:hooked"],
  });
  secrets.push(hook.secret);
  try {
    expect(await parley.hooks.test(hook.id)).toMatchObject({ status: 204 });
    expect(told.map(({ type }) => type)).toEqual(["test"]);
    secrets.splice(0, 1, (await parley.hooks.rotate(hook.id)).secret);
    await parley.messages.send(id, { as: "ext:hook-ann", kind: "text", body: { text: "Lunch?" } });
    await expect.poll(() => told.length).toBe(2);
    const event = told[1];
    if (event?.type !== "message.created") throw new Error(`told of ${event?.type}`);
    const { conversation_id, conversation_external_id } = event.data;
    expect([conversation_id, conversation_external_id]).toEqual([id, "hooked"]);
    const { sender, body } = event.data.message;
    expect([sender.external_id, body]).toEqual(["hook-ann", { text: "Lunch?" }]);

    const changed = await parley.hooks.change(hook.id, { events: ["message.created", "message.changed"] });
    // Other files have hooks, too.
    expect(await parley.hooks.list()).toContainEqual(changed);
    expect(await parley.hooks.get(hook.id)).toEqual(changed);
    expect(await parley.hooks.failed(hook.id)).toEqual([]);
    await parley.hooks.replay(hook.id, started.getTime());
    await expect.poll(() => told.filter((again) => again.id === event.id).length).toBe(2);
  } finally {
    await parley.hooks.delete(hook.id);
    receiver.close();
    receiver.closeAllConnections();
  }
  expect((await parley.hooks.list()).map((left) => left.id)).not.toContain(hook.id);
});
