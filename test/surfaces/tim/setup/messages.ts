import { runInDurableObject } from "cloudflare:test";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { createGroup, deleteMessage, openDirect, send } from "../../../support/clients/chat.ts";
import { conversationObject, itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { nameOf } from "../client.ts";

/**
 * Ann and Bob, who has read and answered, and a revoked message of hers. Cas and Bob's group, with messages
 * of hers that are too old to revoke; Bob has mentioned her in the group since. Dan has no conversation.
 */
export async function createValues(): Promise<Values> {
  const people = await signedInUsers(4);
  const [ann, bob, cas, dan] = [itemAt(people, 0), itemAt(people, 1), itemAt(people, 2), itemAt(people, 3)];
  const { id: old } = await openDirect(ann, cas);
  const { id: group } = await createGroup(bob, [ann]);
  for (const id of [old, group]) {
    await send(ann, id, "long ago");
    await runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) => {
      storage.sql.exec("UPDATE messages SET created_at = created_at - 121000");
    });
  }
  await send(bob, group, { kind: "text", body: { text: "you" }, mentions: [ann.user.id] });
  const { id: conversation } = await openDirect(ann, bob);
  await send(ann, conversation, "hello");
  await send(bob, conversation, "well");
  await send(ann, conversation, "gone");
  await deleteMessage(ann, conversation, 3, "everyone");
  return {
    ...{ "ann.token": ann.token, ann: nameOf(ann), bob: nameOf(bob), dan: nameOf(dan) },
    ...{ conversation, group, old },
  };
}
