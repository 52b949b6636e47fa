import { noUserWithName } from "../../../core/accounts/users.ts";
import { requireNoBlocks } from "../../../core/contacts/blocks.ts";
import type { Core } from "../../../core/context.ts";
import { openDirect } from "../../../core/conversations/conversations.ts";
import type { ConversationKind } from "../../../domain/conversations/conversation.ts";
import { noConversation } from "../../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import type { Recipient } from "../../../domain/messages/draft.ts";
import { findGroupIdAndHandle } from "../../../storage/conversations/groups.ts";
import { findPeerName } from "../../../storage/conversations/lookup-by-name.ts";

/** The conversation to which a message for a recipient goes. */
export interface Destination {
  kind: ConversationKind;
  conversationId: ConversationId;
  /** the handle of a group, if it has one */
  handle: string | null;
  /** the space of a channel */
  spaceId: SpaceId | null;
  /** the other user's username in a direct conversation; else `""` */
  peerName: string;
}

/**
 * Finds the conversation with a recipient. A direct conversation that does not exist is opened, unless the
 * message would be refused in it.
 * @param check throws if the message to `peer` is refused; called only before a conversation is opened
 * @throws `not_found` for an unknown user, for the caller themself, and for an unknown group; `blocked`, and
 *   as `check`
 */
export async function destinationOf(
  core: Core,
  caller: UserId,
  to: Recipient,
  check: (peer: UserId) => Promise<unknown>,
): Promise<Destination> {
  if (to.type === "group") {
    const group = await findGroupIdAndHandle(core.db, to.group);
    if (!group) throw noConversation();
    const { id: conversationId, ...names } = group;
    return { kind: "group", conversationId, ...names, peerName: "" };
  }
  const peerName = to.username;
  const peer = await findPeerName(core.db, caller, peerName);
  if (!peer || peer.id === caller) throw noUserWithName([peerName]);
  const direct = { kind: "direct", handle: null, spaceId: null, peerName } as const;
  if (peer.conversationId !== null) return { ...direct, conversationId: peer.conversationId };
  await Promise.all([requireNoBlocks(core, caller, [peer.id]), check(peer.id)]);
  const { conversation } = await openDirect(core, caller, peer.id);
  return { ...direct, conversationId: conversation.id };
}
