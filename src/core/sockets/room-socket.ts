import type { Credential } from "../../domain/accounts/session.ts";
import type { ConversationId, Position } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { upgraded } from "./upgrade.ts";

/** The opener of a room socket, its conversation, and the sync position at which the client resumes. */
export interface RoomSocketRequest extends Credential {
  conversationId: ConversationId;
  /** replay messages after this seq; absent: live only */
  after: Position | undefined;
  /** replay revokes and hides after this rev */
  rev: number | undefined;
  /** the sub-protocol for the answer, if the client offered it */
  subprotocol: string | undefined;
  /** each ack has the stored message */
  echoes: boolean;
  /** the socket shows thread-only replies */
  threads: boolean;
  /** the client is sent no changes of messages but revokes and hides */
  ignoresChanges: boolean;
  /** changed messages come without their bodies where the client has them */
  takesParts: boolean;
}

/**
 * Opens a room socket in the conversation's object.
 * @returns the object's own 101, which must be returned unchanged
 * @throws `not_found` unless the caller is a member, `unauthenticated` if their session has ended meanwhile
 */
export async function openRoomSocket(
  core: Core,
  { conversationId, ...opening }: RoomSocketRequest,
): Promise<Response> {
  return upgraded(
    await core.conversations.openSocket(conversationId, { ...opening, origin: core.fileOrigins.asked }),
  );
}
