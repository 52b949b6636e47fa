import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getConversation,
  getMessage,
  list,
  page,
  send,
} from "../../support/clients/chat.ts";
import { schedule } from "../../support/clients/scheduled.ts";
import { acceptSocket, openRoom, upgrade } from "../../support/clients/socket.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));
beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
});

/** A field `body` behind another one, as frames have that of a message. */
const METADATA = { a: 1, body: { deep: [{ b: 2, body: "x" }], text: ',"body":' } };
const POLL = { multiple: false, anonymous: false, ends_at: 0 };
const Changed = z.looseObject({ items: z.array(z.looseObject({ seq: z.int() })) });

const change = (who: SignedIn, seq: number, body: object) => ask(who, id, "PATCH", `/messages/${seq}`, body);
const textWith = (metadata: object) => ({ kind: "text", body: { text: "hello" }, metadata });

test("metadata comes with a message over calls and sockets, and with its changes", async () => {
  const room = await openRoom(id, bob.token, "?changes=parts");
  const device = acceptSocket(await upgrade("/v1/socket?changes=parts", bob.token));
  device.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  await device.next("synced");
  const { seq, metadata } = await send(ann, id, textWith(METADATA));
  expect(metadata).toEqual(METADATA);
  for (const socket of [room, device])
    expect(await socket.next("message")).toMatchObject({ message: { seq, metadata: METADATA } });
  expect((await page(bob, id)).items.at(-1)).toMatchObject({ seq, metadata: METADATA });
  expect(await getConversation(bob, id)).toMatchObject({ last_message: { seq, metadata: METADATA } });
  await expect
    .poll(async () => (await list(bob)).items[0]?.last_message)
    .toMatchObject({ seq, metadata: METADATA });

  const other = { b: null, body: true };
  const changed = await change(ann, seq, { metadata: other });
  expect(changed.body).toMatchObject({ seq, metadata: other, version: 1, body: { text: "hello" } });
  expect(changed.body).not.toHaveProperty("edited_at");
  for (const socket of [room, device]) {
    const item = itemAt(Changed.parse(await socket.next("changed")).items, 0);
    expect(item).toMatchObject({ seq, metadata: other, version: 1 });
    // It is a part: the client has the body.
    expect(item).not.toHaveProperty("body");
    socket.close();
  }
  const { body: feed } = await expectAsked(bob, id, "GET", "/changes");
  expect(Changed.parse(feed).items.at(-1)).toMatchObject({ seq, metadata: other });
  const again = await change(ann, seq, { metadata: other });
  expect(again.body).toEqual(changed.body);
  const gone = await change(ann, seq, { metadata: {} });
  expect(gone.body).not.toHaveProperty("metadata");
});

test("a message of a socket has its metadata, and so have a forward, a poll and a scheduled one", async () => {
  const room = await openRoom(id, ann.token);
  room.send({ type: "send", client_msg_id: "with metadata", ...textWith({ over: "a socket" }) });
  const acked = await room.next("ack");
  room.close();
  const { seq } = z.looseObject({ seq: z.int() }).parse(acked);
  expect(await getMessage(bob, id, seq)).toMatchObject({ metadata: { over: "a socket" } });
  const forward = await send(bob, id, {
    forward: { conversation_id: id, seq },
    metadata: { of: "the forward" },
  });
  expect(forward.metadata).toEqual({ of: "the forward" });
  expect((await send(bob, id, { forward: { conversation_id: id, seq } })).metadata).toBeUndefined();
  const poll = { kind: "poll", body: { question: "?", options: ["a", "b"], ...POLL }, metadata: { p: 1 } };
  const { seq: polled } = await send(ann, id, poll);
  expect((await change(ann, polled, { metadata: { p: 2 } })).body).toMatchObject({
    ...{ kind: "poll", metadata: { p: 2 } },
  });
  expect(await schedule(ann, id, textWith({ later: true }))).toMatchObject({ metadata: { later: true } });
});

test("a content and metadata change together, or not at all", async () => {
  const { seq } = await send(ann, id, textWith({ n: 1 }));
  const body = { text: "other" };
  const both = await change(ann, seq, { body, base_version: 1, metadata: { n: 2 } });
  expect(both.body).toMatchObject({ body, version: 2, metadata: { n: 2 } });
  const late = { body: { text: "late" }, base_version: 1, metadata: { n: 3 } };
  expect((await change(ann, seq, late)).status).toBe(409);
  expect(await getMessage(ann, id, seq)).toMatchObject({ body, metadata: { n: 2 } });
});

test("only its sender changes the metadata of a message, only while it is there, and within bounds", async () => {
  const { seq } = await send(ann, id, textWith({ n: 1 }));
  expectProblem(await change(bob, seq, { metadata: {} }), 403, "forbidden");
  const large = { text: "x".repeat(4_096) };
  const refused: [Promise<{ status: number; body: unknown }>, string][] = [
    [change(ann, seq, { metadata: large }), "body.metadata"],
    [change(ann, seq, { metadata: [] }), "body.metadata"],
    [change(ann, seq, {}), "body.body"],
    [change(ann, seq, { metadata: {}, mentions: [] }), "body.body"],
    [change(ann, seq, { body: { text: "x" } }), "body.base_version"],
    [ask(ann, id, "POST", "/messages", textWith(large)), "body.metadata"],
  ];
  for (const [answer, path] of refused) {
    const { status, body } = await answer;
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(`"${path}"`)]);
  }
  expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
  expect(await getMessage(bob, id, seq)).not.toHaveProperty("metadata");
  expectProblem(await change(ann, seq, { metadata: { n: 2 } }), 400, "validation_failed");
});

test("who may change a group changes its metadata, which members see and strangers do not", async () => {
  const room = await openRoom(id, bob.token);
  const before = (await page(ann, id)).items.length;
  const metadata = { plan: "pro" };
  const edit = (who: SignedIn) => ask(who, id, "PATCH", "", { metadata, discoverable: true });
  expectProblem(await edit(bob), 403, "forbidden");
  expect((await edit(ann)).body).toMatchObject({ metadata });
  expect(await room.next("conversation")).toMatchObject({ conversation: { metadata } });
  room.close();
  expect((await list(bob)).items.find((item) => item.id === id)).toMatchObject({ metadata });
  // Of the two changes only that of `discoverable` is told by a notice.
  const tips = (await page(ann, id)).items.slice(before);
  expect(tips.map(({ body }) => body)).toMatchObject([{ event: "profile", changed: ["discoverable"] }]);
  const eve = itemAt(await signedInUsers(1), 0);
  const { body } = await call("GET", `/v1/groups/${id}`, { token: eve.token });
  expect(body).toMatchObject({ id });
  expect(JSON.stringify(body)).not.toContain("metadata");
});
