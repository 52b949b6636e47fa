import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { ask, deleteMessage, expectAsked } from "../../../support/clients/chat.ts";
import { acceptSocket, openRoom, type TestSocket, upgrade } from "../../../support/clients/socket.ts";
import { createGroupId, itemAt, postText } from "../../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
});

const Item = z.looseObject({ seq: z.int(), rev: z.int(), version: z.int(), body: z.unknown().optional() });
const Changed = z.looseObject({ items: z.array(Item) });

/** The next changed message of a socket. */
async function nextChanged(socket: TestSocket): Promise<z.infer<typeof Item>> {
  return itemAt(Changed.parse(await socket.next("changed")).items, 0);
}

async function openDevice(query: string): Promise<TestSocket> {
  const socket = acceptSocket(await upgrade(`/v1/socket${query}`, bob.token));
  socket.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  await socket.next("synced");
  return socket;
}

const KINDS: [string, (query: string) => Promise<TestSocket>][] = [
  ["room", (query) => openRoom(id, bob.token, query)],
  ["device", openDevice],
];

test.each(KINDS)(
  "a %s socket that takes parts gets a body with an edit and a revoke alone, and others always",
  async (_, open) => {
    const seq = await postText(id, ann, "first");
    const parts = await open("?changes=parts");
    await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/:k:`);
    const reacted = await nextChanged(parts);
    expect(reacted).toMatchObject({ seq, version: 1, mine: [":k:"], reactions: [{ key: ":k:", count: 1 }] });
    expect(reacted).not.toHaveProperty("body");
    const body = { body: { text: "second" }, base_version: 1 };
    const edited = await ask(ann, id, "PATCH", `/messages/${seq}`, body);
    expect(edited.status).toBe(200);
    expect(await nextChanged(parts)).toMatchObject({ seq, version: 2, body: { text: "second" } });
    await expectAsked(ann, id, "PUT", `/messages/${seq}/pin`);
    expect(await nextChanged(parts)).not.toHaveProperty("body");
    // A socket of the same user that takes whole messages.
    const whole = await open("");
    await expectAsked(ann, id, "PUT", `/messages/${seq}/reactions/:l:`);
    expect(await nextChanged(whole)).toMatchObject({ seq, version: 2, body: { text: "second" } });
    await nextChanged(parts);
    await deleteMessage(ann, id, seq, "everyone");
    expect(await nextChanged(parts)).toMatchObject({ seq, revoked: true, body: {} });
    parts.close();
    whole.close();
  },
);

test("a socket that resumes gets a part where it has the body, and the whole message else", async () => {
  const [one, other] = [await postText(id, ann, "one"), await postText(id, ann, "other")];
  await expectAsked(ann, id, "PUT", `/messages/${one}/reactions/:k:`);
  await expectAsked(ann, id, "PUT", `/messages/${other}/reactions/:k:`);
  const body = { body: { text: "new" }, base_version: 1 };
  await ask(ann, id, "PATCH", `/messages/${other}`, body);
  const room = await openRoom(id, bob.token, `?after=${other}&rev=0&changes=parts`);
  const device = acceptSocket(await upgrade("/v1/socket?changes=parts", bob.token));
  device.send({ type: "sync", conversation_id: id, after: other, rev: 0 });
  for (const socket of [room, device]) {
    const { items } = Changed.parse(await socket.next("changed"));
    expect(items).toMatchObject([{ seq: one }, { seq: other, body: { text: "new" } }]);
    expect(items[0]).not.toHaveProperty("body");
    socket.close();
  }
});
