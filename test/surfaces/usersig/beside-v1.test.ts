import { beforeEach, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { seqsKnownTo } from "../../support/clients/device-frames.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { HeldCalls, intercept } from "../../support/faults/calls.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { connect, shownOnce } from "./socket.ts";

/** The wire formats in the page of an inbox update. */
const Update = z
  .looseObject({ packedPage: z.looseObject({ texts: z.record(z.string(), z.unknown()) }) })
  .transform(({ packedPage }) => Object.keys(packedPage.texts).sort());

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  const users = await registerUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  id = await createGroupId(ann, bob);
});

const openV1 = () => openDevice(bob.token);
const openUsersig = () => connect({ name: bob.user.username, sig: bob.token });

/** Resolves once a socket of v1 has the messages of these seqs, and nothing else. */
async function untilShown(device: TestSocket, ...seqs: number[]): Promise<void> {
  await device.until(() => seqsKnownTo(device, id).length >= seqs.length);
  expect(seqsKnownTo(device, id)).toEqual(seqs);
}

/** Notes the wire formats of each page that Bob's inbox gets, from now on. */
function formatsOfPages(): string[][] {
  const found: string[][] = [];
  const held = intercept(({ id: to, method, args, work }) => {
    const formats = method === "applyUpdate" && to === bob.user.id ? Update.safeParse(args[0]) : undefined;
    if (formats?.success) found.push(formats.data);
    return work();
  });
  onTestFinished(() => held[Symbol.dispose]());
  return found;
}

test("pages carry the wire formats of the devices that are open, and no others", async () => {
  const v1 = await openV1();
  await postText(id, ann, "the inbox answers with its formats");
  await untilShown(v1, 1);
  const formats = formatsOfPages();
  await postText(id, ann, "in the format of v1 alone");
  await untilShown(v1, 1, 2);
  expect(formats).toEqual([["v1"]]);

  const usersig = await openUsersig();
  await postText(id, ann, "the page lacks a format, and is fetched");
  await untilShown(v1, 1, 2, 3);
  expect(await shownOnce(usersig, 1)).toHaveLength(1);
  await postText(id, ann, "in both formats");
  await untilShown(v1, 1, 2, 3, 4);
  expect(await shownOnce(usersig, 2)).toHaveLength(2);
  expect(formats).toEqual([["v1"], ["v1"], ["usersig", "v1"]]);

  v1.close();
  await v1.closed();
  await postText(id, ann, "the conversation does not know yet");
  await shownOnce(usersig, 3);
  await postText(id, ann, "in the format of usersig alone");
  expect(await shownOnce(usersig, 4)).toHaveLength(4);
  expect(formats.slice(-2)).toEqual([["usersig", "v1"], ["usersig"]]);
});

test("a socket of another wire format that opens while a page is under way is sent its messages, once", async () => {
  const v1 = await openV1();
  await postText(id, ann, "1");
  await untilShown(v1, 1);
  using update = new HeldCalls(({ method, id: to }) => method === "applyUpdate" && to === bob.user.id);
  await postText(id, ann, "2");
  await update.arrived();
  const usersig = await openUsersig();
  update.release();
  for (const n of range(3, 5)) await postText(id, ann, `${n}`);
  await untilShown(v1, ...range(1, 5));
  expect((await shownOnce(usersig, 4)).map(({ content }) => content)).toEqual(["2", "3", "4", "5"]);
});
