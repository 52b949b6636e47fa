import { beforeAll, expect, test } from "vitest";
import { expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, getConversation, listedConversation, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { aside, followed, replies, reply } from "../../support/clients/threads.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { textFrame } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

const edit = ({ token }: SignedIn, id: number, body: object) => ask({ token }, id, "PATCH", "", body);
const post = ({ token }: SignedIn, id: number, body: object) => ask({ token }, id, "POST", "/messages", body);

test("a group has threads until its admins switch them off", async () => {
  const { id, threads } = await createGroup(ann, [bob]);
  expect(threads).toBe("on");
  await send(ann, id, "root");
  await send(bob, id, aside(1));
  expectProblem(await edit(bob, id, { threads: "off" }), 403, "forbidden");
  expectProblem(await edit(ann, id, { threads: true }), 400, "validation_failed");
  expect((await edit(ann, id, { threads: "off" })).body).toMatchObject({ threads: "off" });
  for (const look of [getConversation, listedConversation])
    expect(await look(bob, id)).toMatchObject({ threads: "off" });
  for (const draft of [reply(1), aside(1)])
    expectProblem(await post(bob, id, draft), 400, "validation_failed");
  // What there is stays.
  expect((await replies(bob, id, 1)).items).toHaveLength(1);
  expect((await followed(bob, id)).items).toHaveLength(1);
  await edit(ann, id, { threads: "on" });
  await send(bob, id, aside(1));
});

test("sends of sockets are refused in a group without threads", async () => {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, "root");
  await edit(ann, id, { threads: "off" });
  const device = await openDevice(bob.token);
  const thread = { root: 1 };
  device.send({ conversation_id: id, ...textFrame("no", "a"), thread });
  expect(await device.next("error")).toMatchObject({
    ...{ code: "validation_failed", client_msg_id: "a" },
  });
  device.close();
});

test("nobody writes in threads of a livestream", async () => {
  const id = await createGroupOfKind("livestream", ann, []);
  const root = await send(ann, id, "root");
  expectProblem(await post(ann, id, reply(root.seq)), 403, "forbidden");
});
