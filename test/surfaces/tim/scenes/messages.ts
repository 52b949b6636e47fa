import { runInDurableObject } from "cloudflare:test";
import { ConversationId } from "../../../../src/domain/ids.ts";
import { signedIn } from "../../../support/accounts/users.ts";
import { createGroup, openDirect, remove, send } from "../../../support/clients/chat.ts";
import { at, conversationObject } from "../../../support/objects/room.ts";
import type { Scene } from "../../../support/surfaces/fixtures.ts";
import { nameOf } from "../client.ts";

/**
 * Ann and Bob, who has read and answered her, and what she has taken back; Cas, to whom she wrote long ago, as she did to
 * Bob's group, in which he has named her since; and Dan, who has to do with nobody.
 */
export async function scene(): Promise<Scene> {
  const people = await signedIn(4);
  const [ann, bob, cas, dan] = [at(people, 0), at(people, 1), at(people, 2), at(people, 3)];
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
  await remove(ann, conversation, 3, "everyone");
  return {
    ...{ "ann.token": ann.token, ann: nameOf(ann), bob: nameOf(bob), dan: nameOf(dan) },
    ...{ conversation, group, old },
  };
}
