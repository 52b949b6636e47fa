import { beforeEach, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getConversation,
  page,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { untilFrame } from "../../support/clients/device-frames.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
});

/** Bob has the messages 1 to 3, is removed while his device is offline, and is added again later. */
async function removeAndAdd(id: number): Promise<void> {
  await sendAll(ann, id, ["1", "2", "3"]);
  await expectAsked(ann, id, "DELETE", `/members/${bob.user.id}`);
  expect((await deleteMessage(ann, id, 2, "everyone")).status).toBe(204);
  await send(ann, id, "while Bob is out");
  await expectAsked(ann, id, "POST", "/members", { user_ids: [bob.user.id] });
  await send(ann, id, "welcome back");
}

/** The frames about messages that a socket got: types, and where a reset ends. */
function shown(socket: TestSocket): string[] {
  return socket.frames.flatMap(({ type, last_seq }) => {
    if (type === "reset") return [`reset ${last_seq}`];
    return /^(messages?|changed)$/.test(type) ? [type] : [];
  });
}

/** What Bob's sockets are shown that resume. */
async function resumed(id: number, after: number): Promise<{ frames: string[]; seqs: number[] }> {
  const { last_seq } = await getConversation(bob, id);
  const device = acceptSocket(await upgrade(DEVICE_PATH, bob.token));
  await device.next("ready");
  device.send({ type: "sync", conversation_id: id, after, rev: 0 });
  await untilFrame(device, { type: "synced", conversation_id: id, last_seq, has_more: false });
  const room = await openRoom(id, bob.token, `?after=${after}&rev=0`);
  await untilFrame(room, { type: "synced", last_seq, has_more: false });
  const found = { frames: shown(device), seqs: device.seqs };
  expect({ frames: shown(room), seqs: room.seqs }).toEqual(found);
  device.close();
  room.close();
  return found;
}

test("a device that resumes from before its user was removed and added again begins anew", async () => {
  const id = await createGroupOfKind("group", ann, [bob], "closed");
  await removeAndAdd(id);
  const joined = Math.min(...(await page(bob, id)).items.map(({ seq }) => seq));
  const gone = joined - 1;
  const news = [joined, joined + 1];
  for (const after of [1, 3, gone])
    expect(await resumed(id, after)).toEqual({ frames: [`reset ${gone}`, "messages"], seqs: news });
  expect(await resumed(id, joined)).toEqual({ frames: ["message"], seqs: [joined + 1] });
  // A client that shows nothing has nothing to drop.
  expect(await resumed(id, 0)).toEqual({ frames: ["messages"], seqs: news });
  for (const after of [1, 3, gone])
    expectProblem(await ask(bob, id, "GET", `/changes?after_rev=0&after=${after}`), 410, "reset");
  for (const after of [0, joined]) await expectAsked(bob, id, "GET", `/changes?after_rev=0&after=${after}`);
});

test("one in a group whose members see what was said before them goes on, and hears of the revoke", async () => {
  const id = await createGroupOfKind("community", ann, [bob], "free");
  await removeAndAdd(id);
  const { frames, seqs } = await resumed(id, 3);
  expect(frames).toEqual(["changed", "messages"]);
  expect(itemAt(seqs, 0)).toBe(4);
});
