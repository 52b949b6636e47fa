import { z } from "zod";
import { expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { freshName } from "../../../support/clients/api.ts";
import { createGroup, openDirect, send } from "../../../support/clients/chat.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { data, nameOf, success, tim } from "../client.ts";

/**
 * Ann's group with Bob: a message of hers, one that she has changed, a merged one, and one of his, who has
 * reacted to the second. A group of Bob's without her, a direct conversation across a block, and a
 * livestream.
 */
export async function createValues(): Promise<Values> {
  const users = await signedInUsers(3);
  const [ann, bob, cas] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
  const { id: group } = await createGroup(ann, [bob]);
  const { id: others } = await createGroup(bob, [cas]);
  const { id: blocked } = await openDirect(ann, cas);
  await send(ann, group, "one");
  await send(ann, group, "two");
  const changed = { ID: `${group}-2`, payload: { text: "due" } };
  success(await tim(ann, "/message/modifyMessage", { message: changed }));
  const body = { title: "t", items: [{ conversation_id: group, seq: 1 }] };
  await send(ann, group, { kind: "merged", body });
  await send(bob, group, "four");
  success(await tim(bob, "/message/addMessageReaction", { ID: `${group}-2`, reactionID: "👍" }));
  await send(bob, others, "five");
  await send(ann, blocked, "six");
  const Live = z.object({ group: z.object({ groupID: z.string() }) });
  const { group: made } = await data(Live, ann, "/group/createGroup", { name: "live", type: "AVChatRoom" });
  const { seq } = await send(ann, Number(made.groupID), "seven");
  await expectFriendCall("PUT blocks", cas, ann);
  return {
    ...{ "ann.token": ann.token, ann: nameOf(ann), bob: nameOf(bob), word: freshName("w") },
    ...{ group: String(group), others, blocked, live: `${made.groupID}-${seq}` },
  };
}
