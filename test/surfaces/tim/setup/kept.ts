import { signedInUsers } from "../../../support/accounts/users.ts";
import { freshName } from "../../../support/clients/api.ts";
import { createGroup, send } from "../../../support/clients/chat.ts";
import { createGroupOfKind } from "../../../support/objects/core.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { nameOf, success, tim } from "../client.ts";

/**
 * Ann's group with Bob, with a message, an attribute and a counter, in a group of conversations of hers. Two
 * groups of Bob's without her, one of which anybody may find.
 */
export async function createValues(): Promise<Values> {
  const users = await signedInUsers(3);
  const [ann, bob, cas] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
  const { id: group } = await createGroup(ann, [bob]);
  const { id: others } = await createGroup(bob, [cas]);
  const found = await createGroupOfKind("public", bob, [cas]);
  await send(ann, group, "one");
  const groupID = String(group);
  success(await tim(ann, "/group/setGroupAttributes", { groupID, groupAttributes: { seat: "1" } }));
  success(await tim(ann, "/group/setGroupCounters", { groupID, counters: { likes: 3 } }));
  const work = { groupName: "work", conversationIDList: [`GROUP${group}`] };
  success(await tim(ann, "/conversation/createConversationGroup", work));
  return {
    ...{ "ann.token": ann.token, ann: nameOf(ann), bob: nameOf(bob), "bob.token": bob.token },
    ...{ group: groupID, others, public: String(found), word: freshName("w"), fresh: freshName("fresh") },
  };
}
