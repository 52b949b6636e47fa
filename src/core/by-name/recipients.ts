import type { ConversationKind } from "../../domain/conversations/conversation.ts";
import { noConversation } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Recipient } from "../../domain/messages/draft.ts";
import { findGroupPlace } from "../../storage/conversations/groups.ts";
import { findPeerName } from "../../storage/conversations/recipients.ts";
import { noUserWithName } from "../accounts/users.ts";
import { requireNoBlocks } from "../contacts/blocks.ts";
import type { Core } from "../context.ts";
import { openDirect } from "../conversations/conversations.ts";

/** Where a message goes that is for somebody, or a group, by name. */
export interface Destination {
  kind: ConversationKind;
  conversationId: ConversationId;
  /** of a group: its given id, where it has one */
  handle: string | null;
  /** of a direct one: the other one's username; else `""` */
  peerName: string;
}

/**
 * Finds the conversation with whoever a message is for. A direct one that there is not is opened, but not for what is
 * refused in it anyway.
 * @param check may refuse what is to be sent to somebody; called where a conversation would be opened for it
 * @throws `not_found` for an unknown user, for oneself, and for a group that there is not; `blocked`, and what `check` throws
 */
export async function destinationOf(
  core: Core,
  caller: UserId,
  to: Recipient,
  check: (peer: UserId) => Promise<unknown>,
): Promise<Destination> {
  if (to.type === "group") {
    const group = await findGroupPlace(core.db, to.group);
    if (!group) throw noConversation();
    return { kind: "group", conversationId: group.id, handle: group.handle, peerName: "" };
  }
  const peerName = to.username;
  const peer = await findPeerName(core.db, caller, peerName);
  if (!peer || peer.id === caller) throw noUserWithName([peerName]);
  const there = { kind: "direct", handle: null, peerName } as const;
  if (peer.conversationId !== null) return { ...there, conversationId: peer.conversationId };
  await Promise.all([requireNoBlocks(core, caller, [peer.id]), check(peer.id)]);
  const { conversation } = await openDirect(core, caller, peer.id);
  return { ...there, conversationId: conversation.id };
}
