import type { Credential } from "../../domain/accounts/session.ts";
import type { ConversationId, Position } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { upgraded } from "./upgrade.ts";

/** Who opens a socket in which conversation, and from where he wants to go on. */
export interface RoomSocketRequest extends Credential {
  conversationId: ConversationId;
  /** replay what is later than this seq; absent: live only */
  after: Position | undefined;
  /** and the revokes and hides later than this */
  rev: number | undefined;
  /** the one sub-protocol that the answer names, if the client offered it */
  subprotocol: string | undefined;
}

/**
 * Opens a socket in the conversation itself.
 * @returns the object's own 101, to be handed on untouched
 * @throws `not_found` unless the caller is in it, `unauthenticated` if his session is ended meanwhile
 */
export async function openRoomSocket(
  core: Core,
  { conversationId, ...opening }: RoomSocketRequest,
): Promise<Response> {
  return upgraded(await core.conversations.openSocket(conversationId, opening));
}
