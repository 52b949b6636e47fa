import { beforeEach, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, deleteMessage, expectAsked, send } from "../../support/clients/chat.ts";
import { acceptSocket, DEVICE_PATH, openRoom, upgrade } from "../../support/clients/socket.ts";

const SAID = { client_msg_id: "said", kind: "text", body: { text: "said" } };
const REPEAT = { type: "send", ...SAID };

let ann: SignedIn;
let bob: SignedIn;
let id: number;
let seq: number;

/** Bob has sent a message. */
beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  ({ id } = await createGroup(ann, [bob]));
  ({ seq } = await send(bob, id, SAID));
});

const remove = () => expectAsked(ann, id, "DELETE", `/members/${bob.user.id}`);
const add = () => expectAsked(ann, id, "POST", "/members", { user_ids: [bob.user.id] });

/** What Ann does to the message: none of it is for Bob. */
async function change(): Promise<void> {
  await expectAsked(ann, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("👍")}`);
  await expectAsked(ann, id, "PUT", `/messages/${seq}/pin`);
  await send(ann, id, { kind: "text", body: { text: "a reply" }, thread: { root: seq } });
}

/** The message as its sender saw it last. */
const unchanged = () => ({
  ...{ seq, body: { text: "said" }, rev: 0, version: 1, reactions: [], pinned_at: 0 },
  revoked: false,
});

/** What a repeat of the send answers: over HTTP, as a scheduled message. */
async function repeated(): Promise<unknown[]> {
  const again = await ask(bob, id, "POST", "/messages", SAID);
  const scheduled = { ...SAID, send_at: Date.now() + 100_000 };
  const later = await ask(bob, id, "POST", "/messages", scheduled);
  expect([again.status, later.status]).toEqual([200, 200]);
  return [again.body, later.body];
}

/** What the ack of a repeat on the device socket brings. */
async function acked(): Promise<unknown> {
  const device = acceptSocket(await upgrade(`${DEVICE_PATH}?echo=message`, bob.token));
  await device.next("ready");
  device.send({ ...REPEAT, conversation_id: id });
  const ack = await device.next("ack");
  device.close();
  return ack.message;
}

test("who was removed and repeats a send gets the message as it was when they were removed", async () => {
  await remove();
  await change();
  for (const message of [...(await repeated()), await acked()]) {
    expect(message).toMatchObject(unchanged());
    expect(message).not.toHaveProperty("thread_summary");
    expect(message).not.toHaveProperty("pinned_by");
  }
});

test("so does one who was added again, and sees nothing from before", async () => {
  await remove();
  await change();
  await add();
  const room = await openRoom(id, bob.token, "?echo=message");
  room.send(REPEAT);
  const { message: echoed } = await room.next("ack");
  for (const message of [...(await repeated()), await acked(), echoed]) {
    expect(message).toMatchObject(unchanged());
    expect(message).not.toHaveProperty("thread_summary");
  }
});

test("so does one who has hidden it", async () => {
  expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
  await change();
  for (const message of [...(await repeated()), await acked()]) expect(message).toMatchObject(unchanged());
});

test("a member who repeats a send gets the message as it is now", async () => {
  await change();
  const now = { seq, reactions: [{ key: "👍", count: 1, user_ids: [ann.user.id] }], pinned_by: ann.user.id };
  for (const message of [...(await repeated()), await acked()]) expect(message).toMatchObject(now);
});
