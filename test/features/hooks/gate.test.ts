import { afterAll, beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getMessage, page, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { itemAt } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";

let key = "";
let ann: SignedIn;
let ben: SignedIn;
let id: ConversationId;
let receiver: HookReceiver;

beforeAll(async () => {
  key = (await makeServerKey(["hooks"])).text;
  [ann, ben] = await signedInUsers(2);
  id = ConversationId.parse((await createGroup(ann, [ben])).id);
  receiver = await HookReceiver.start(key, {
    events: ["message.sending"],
    conversations: [id],
    timeout_ms: 500,
  });
});
afterAll(() => call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key }));

const post = (who: SignedIn, body: object) =>
  call("POST", `/v1/conversations/${id}/messages`, { token: who.token, body });
const text = (words: string, more: object = {}) => ({ kind: "text", body: { text: words }, ...more });
const patch = (body: object) => call("PATCH", `/v1/server/hooks/${receiver.id}`, { token: key, body });
const count = async () => (await page(ann, id)).items.length;
const asked = async () => (await receiver.calls()).length;

const ACCEPT = { action: "accept" };
const NO_REASON = "The message is not allowed here.";
const REJECT = { action: "reject", reason: "No links, please." };

test("a hook is shown a message before it is stored, and accepts, rejects or replaces it", async () => {
  await receiver.answer(ACCEPT, REJECT, { action: "replace", body: { text: "***" } });
  const stored = await send(ann, id, "one");
  const [first] = await receiver.calls();
  expect(first && receiver.verified(first)).toMatchObject({
    type: "message.sending",
    data: {
      conversation_id: id,
      message: {
        sender: { id: ann.user.id, external_id: null },
        kind: "text",
        body: { text: "one" },
        mentions: [],
      },
    },
  });
  const refused = await post(ann, text("two"));
  expect([refused.status, refused.body]).toEqual([
    403,
    expect.objectContaining({
      code: "refused",
      title: "Refused",
      detail: "No links, please.",
      reason: "No links, please.",
    }),
  ]);
  const replaced = await send(ann, id, "three");
  expect(replaced).toMatchObject({ seq: stored.seq + 1, body: { text: "***" } });
});

test("it refuses whatever its reason is, of which 500 characters are told", async () => {
  const long = `${"👍".repeat(499)}end`;
  const before = await count();
  await receiver.answer({ ...REJECT, reason: long }, { ...REJECT, reason: null }, { action: "reject" });
  const details = ["👍".repeat(499).concat("e"), NO_REASON, NO_REASON];
  for (const detail of details) {
    const { status, body } = await post(ann, text("refused"));
    expect([status, body]).toEqual([403, expect.objectContaining({ code: "refused", detail })]);
  }
  expect(await count()).toBe(before);
});

test("it has its say about edits, too", async () => {
  const { seq } = await send(ann, id, "before");
  const edit = (words: string) =>
    call("PATCH", `/v1/conversations/${id}/messages/${seq}`, {
      token: ann.token,
      body: { body: { text: words }, base_version: 1 },
    });
  await receiver.answer(REJECT, { action: "replace", body: { text: "after, mildly" } });
  expect((await edit("after")).status).toBe(403);
  expect(await getMessage(ann, id, seq)).toMatchObject({ body: { text: "before" }, version: 1 });
  expect((await edit("after")).status).toBe(200);
  expect(await getMessage(ann, id, seq)).toMatchObject({ body: { text: "after, mildly" }, version: 2 });
  const last = (await receiver.calls()).at(-1);
  expect(last && receiver.verified(last).data).toMatchObject({ edits: seq });
});

test.each(DRIVERS.filter((driver) => driver.send))(
  "it has its say about a message over $name",
  async (driver) => {
    const before = await count();
    await receiver.answer(REJECT);
    await expect(driver.send?.(ann, id, "refused")).rejects.toThrow();
    expect(await count()).toBe(before);
    await driver.send?.(ann, id, "taken");
    expect(await count()).toBe(before + 1);
  },
);

test("without an answer in time a message is stored, or refused, as the hook says", async () => {
  await receiver.answer("hang", 500, { action: "maybe" }, { action: "replace", body: { words: "no text" } });
  for (const words of ["one", "two", "three", "four"])
    expect((await post(ann, text(words))).status, words).toBe(201);
  expect((await patch({ on_failure: "refuse" })).status).toBe(200);
  expect((await patch({ timeout_ms: 100 })).body).toMatchObject({ timeout_ms: 100, on_failure: "refuse" });
  await untilKnown();
  const before = await count();
  await receiver.answer("hang", 503);
  for (const words of ["five", "six"]) expect((await post(ann, text(words))).status).toBe(503);
  expect(await count()).toBe(before);
  await patch({ on_failure: "allow", timeout_ms: 1_500 });
  await untilKnown();
});

test("a message that waits keeps nobody else's waiting, and its sender's in order", async () => {
  const socket = await openDevice(ann.token);
  await receiver.answer("hang");
  const before = await asked();
  for (const client_msg_id of ["slow", "next"])
    socket.send({ type: "send", conversation_id: id, ...text(client_msg_id, { client_msg_id }) });
  await receiver.untilCalls(before + 1);
  const { seq } = await send(ben, id, "meanwhile");
  const acks = [await socket.next("ack"), await socket.next("ack")];
  expect(acks).toMatchObject([
    { client_msg_id: "slow", seq: seq + 1 },
    { client_msg_id: "next", seq: seq + 2 },
  ]);
  socket.close();
});

test("a repeat is not asked about again, nor what is refused anyway", async () => {
  const { body } = await post(ann, text("once", { client_msg_id: "once" }));
  const before = await asked();
  await receiver.answer(REJECT);
  expect((await post(ann, text("once", { client_msg_id: "once" }))).body).toEqual(body);
  const [stranger] = await signedInUsers(1);
  expect((await post(itemAt([stranger], 0) ?? ann, text("hello"))).status).toBe(404);
  expect(await asked()).toBe(before);
  await receiver.answer();
});

test("there is one such hook, and it stays one", async () => {
  const other = { url: receiver.url, events: ["message.sending"] };
  expect((await call("POST", "/v1/server/hooks", { token: key, body: other })).status).toBe(409);
  expect((await patch({ events: ["*"] })).status).toBe(400);
  for (const body of [
    { ...other, events: ["message.sending", "message.created"] },
    { ...other, events: ["*"], timeout_ms: 500 },
    { ...other, timeout_ms: 1_501 },
  ])
    expect((await call("POST", "/v1/server/hooks", { token: key, body })).status).toBe(400);
});

test("a hook that is about other conversations now is not asked", async () => {
  const other = (await createGroup(ann, [ben])).id;
  expect((await patch({ conversations: [other] })).status).toBe(200);
  await untilKnown();
  const before = await asked();
  await receiver.answer(REJECT);
  expect((await post(ann, text("unasked"))).status).toBe(201);
  expect(await asked()).toBe(before);
});

/** A conversation keeps a hook for a while as it was read. */
async function untilKnown(): Promise<void> {
  await evict(id);
}
